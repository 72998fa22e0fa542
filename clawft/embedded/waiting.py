"""What a coroutine of our executables can wait for, and the driver of one coroutine that has the process to itself.

A coroutine tells whoever drives it what it waits for by what it yields: an int is a handle of `_weft` (its complement
`~handle`: room to write there), a float a moment of `now_s()`, a tuple several of these, None that somebody else wakes
its task, which needs `loop.py`. Here is no I/O and no policy.
"""

from __future__ import annotations

import _weft

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Coroutine = Any
    Asked = int | float | tuple[int | float, ...]

TERMINATE = 15  # SIGTERM

# WebAssembly: its host opens connections and tells no addresses; there are no processes, locks or modes of a terminal.
IS_SANDBOX: bool = _weft.system() == "wasi"


def now_s() -> float:
    """Seconds since some moment; what a coroutine that sleeps yields is on this clock."""
    now: float = _weft.monotonic_ms() / 1000.0
    return now


class _Once:
    """Awaited, it yields one thing to the driver and goes on when that has happened."""

    __slots__ = ("_asked",)

    def __init__(self, asked: Asked | None) -> None:
        self._asked = [asked]

    def __await__(self) -> Any:  # noqa: ANN401 - an iterator for the driver
        return self

    def __iter__(self) -> _Once:
        return self

    def __next__(self) -> Asked | None:
        if self._asked:
            return self._asked.pop()
        raise StopIteration


def ready(handle: int, until_s: float | None = None) -> _Once:
    """Awaited, it goes on when a handle has something to read or a result to take, or at a moment."""
    return _Once(handle if until_s is None else (handle, until_s))


def ready_any(handles: list[int], until_s: float | None = None) -> _Once:
    """Awaited, it goes on when one of several handles is ready (`~handle`: may take more), or at a moment."""
    return _Once(tuple(handles) if until_s is None else tuple(handles) + (until_s,))


def writable(handle: int, until_s: float | None = None) -> _Once:
    """Awaited, it goes on when a handle may take more, or at a moment; another task may wait for it to be `ready`."""
    return ready(~handle, until_s)


def sleep(duration_s: float) -> _Once:
    """Awaited, it goes on after a time; other tasks run meanwhile."""
    return _Once(now_s() + max(float(duration_s), 0.0))


def pause() -> _Once:
    """Awaited, it goes on when somebody wakes the task: what it waits in must be its `place`."""
    return _Once(None)


def run_alone(coroutine: Coroutine) -> Any:  # noqa: ANN401 - what it returns
    """Drive one coroutine to its end and wait where it does. In it SIGINT raises KeyboardInterrupt, SIGTERM SystemExit.

    RuntimeError if it waits for another task: here is none.
    """
    asked: Any = None
    thrown: BaseException | None = None
    while True:
        try:
            asked = coroutine.send(None) if thrown is None else coroutine.throw(thrown)
            thrown = None
        except StopIteration as end:
            return end.value
        if asked is None:
            coroutine.close()
            raise RuntimeError(
                "a coroutine waited for another task in the blocking runtime: run it concurrently"
            )
        try:
            wait_alone(asked)
        except (KeyboardInterrupt, SystemExit) as interrupt:
            thrown = interrupt


def wait_alone(asked: Asked) -> None:
    """Wait for handles or a moment, for nothing else. KeyboardInterrupt on SIGINT, SystemExit on SIGTERM."""
    signals = _weft.signals()
    all_asked = asked if isinstance(asked, tuple) else (asked,)
    until_s = None
    reading = []
    writing = []
    for one in all_asked:
        if not isinstance(one, int):
            until_s = one
        elif one >= 0:
            reading.append(one)
        else:
            writing.append(~one)
    _want(reading, writing)
    while True:
        for handle in _weft.wait(-1 if until_s is None else ms_until(until_s)):
            if handle in reading or handle in writing:
                for written in writing:
                    _weft.want_write(written, False)
                return
            if handle == signals:
                _take_signal(signals)
            else:
                want_nothing(handle)
        if until_s is not None and ms_until(until_s) == 0:
            return


def _want(reading: list[int], writing: list[int]) -> None:
    for handle in reading:
        _weft.want_read(handle, True)
    for handle in writing:
        _weft.want_write(handle, True)
        # What comes meanwhile and nobody reads must not end every wait.
        _weft.want_read(handle, handle in reading)


def _take_signal(signals: int) -> None:
    for number in _weft.read(signals, 16) or b"":
        if number == TERMINATE:
            raise SystemExit(128 + TERMINATE)
        raise KeyboardInterrupt


def want_nothing(handle: int) -> None:
    """Nobody waits for it just now: it must not end every wait at once."""
    _weft.want_read(handle, False)
    _weft.want_write(handle, False)


def ms_until(moment_s: float) -> int:
    """Rounded up, since a wait that is too short by a fraction is followed by a spin."""
    left = (moment_s - now_s()) * 1000
    if left <= 0:
        return 0
    return int(left) + (0 if left == int(left) else 1)


def pause_alone(duration_s: float) -> None:
    """Wait for some time and nothing else, as `wait_alone` does."""
    wait_alone(now_s() + duration_s)
