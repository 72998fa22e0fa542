"""SIGINT and SIGTERM where there is no event loop."""

from __future__ import annotations

import signal

from clawft.core.interfaces import INTERRUPT, TERMINATE, Signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

NAMES = {int(signal.SIGINT): INTERRUPT, int(signal.SIGTERM): TERMINATE}


class BlockingSignals(Signals):
    """Signals where there is no event loop: the whole thread waits, and only the main one can."""

    async def next(self) -> str:
        import socket  # noqa: PLC0415 - only a program that waits for signals needs it

        reading, writing = socket.socketpair()
        writing.setblocking(False)  # noqa: FBT003 - as socket has it
        # Not a flag that the handler sets: a signal between looking at it and sleeping would be slept through.
        descriptor = signal.set_wakeup_fd(writing.fileno())
        before = {number: signal.signal(number, _leave_it) for number in NAMES}
        try:
            number = reading.recv(1)[0]
            while number not in NAMES:
                number = reading.recv(1)[0]
            return NAMES[number]
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(descriptor)
            reading.close()
            writing.close()


def _leave_it(_number: int, _frame: FrameType | None) -> None:
    """The number of the signal is read from the wake-up descriptor."""


def exit_on_termination() -> None:
    """Let SIGTERM raise SystemExit instead of ending the process, so that whoever has children can end them too."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        try:
            signal.signal(signal.SIGTERM, _exit)
        except ValueError:  # not in the main thread: nobody but that one hears of signals
            return


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
