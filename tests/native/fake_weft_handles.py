"""The handles of the stand-in for `_weft`: the table of them, and the one call that waits."""

from __future__ import annotations

import errno
import os
import select
import time


class Handle:
    def __init__(self, fd=-1, *, is_ours=True):
        self.fd = fd
        self.is_ours = is_ours
        self.is_wanted = True
        self.is_write_wanted = False

    def read(self, limit):
        if not select.select([self.fd], [], [], 0)[0]:
            return None
        return os.read(self.fd, limit)

    def write(self, data):
        try:
            return os.write(self.fd, data)
        except BlockingIOError:
            return 0

    def close(self):
        if self.is_ours:
            os.close(self.fd)


_handles = {}
_next = [0]


def new(handle):
    _next[0] += 1
    _handles[_next[0]] = handle
    return _next[0]


def get(number):
    if number not in _handles:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return _handles[number]


def forget_all():
    for handle in _handles.values():
        handle.close()
    _handles.clear()


def wait(timeout_ms, handles=None):
    poll = select.poll()
    by_fd = {}
    for number, handle in _handles.items():
        events = (select.POLLIN if handle.is_wanted else 0) | (
            select.POLLOUT if handle.is_write_wanted else 0
        )
        if events and (handles is None or number in handles):
            poll.register(handle.fd, events)
            by_fd[handle.fd] = number
    end_s = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000
    left_ms = None if end_s is None else max(0, (end_s - time.monotonic()) * 1000)
    return tuple(by_fd[fd] for fd, _ in poll.poll(left_ms))


def want_read(number, is_wanted):
    get(number).is_wanted = bool(is_wanted)


def want_write(number, is_wanted):
    get(number).is_write_wanted = bool(is_wanted)


def close(number):
    get(number).close()
    del _handles[number]


def read(number, limit):
    return get(number).read(limit)


def write(number, data):
    return get(number).write(data)
