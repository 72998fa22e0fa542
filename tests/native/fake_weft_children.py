"""The children of the stand-in for `_weft`. Linux only: their end is seen through a descriptor."""

from __future__ import annotations

import os
import resource
import signal
import subprocess

from tests.native.fake_weft_handles import Handle, get, new

SPAWN_INPUT, SPAWN_JOINED = 1, 2
LIMITS = {
    "cpu_s": resource.RLIMIT_CPU,
    "memory_bytes": resource.RLIMIT_AS,
    "file_bytes": resource.RLIMIT_FSIZE,
    "files": resource.RLIMIT_NOFILE,
    "processes": resource.RLIMIT_NPROC,
    "core_bytes": resource.RLIMIT_CORE,
}


class Process(Handle):
    def __init__(self, popen):
        super().__init__(os.pidfd_open(popen.pid))
        self.popen = popen

    def status(self):
        if self.popen.returncode is None:
            found = os.waitid(os.P_PID, self.popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return None
            return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        return self.popen.returncode

    def kill(self, number):
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            return

    def close(self):
        self.kill(signal.SIGKILL)
        super().close()
        self.popen.wait()


def spawn(argv, folder, environment, flags, limits):
    def limit():
        for name, wanted in limits:
            hard = resource.getrlimit(LIMITS[name])[1]
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(LIMITS[name], (value, value))

    try:
        popen = subprocess.Popen(
            argv,
            cwd=folder,
            env=None if environment is None else dict(entry.split("=", 1) for entry in environment),
            bufsize=0,
            stdin=subprocess.PIPE if flags & SPAWN_INPUT else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if flags & SPAWN_JOINED else subprocess.PIPE,
            start_new_session=True,
            preexec_fn=limit,  # noqa: PLW1509 - no other thread holds a lock in these tests
        )
    except OSError as error:
        part = "its folder" if error.filename == folder else "the program"
        raise OSError(error.errno, f"{part}: {error.strerror}") from error
    return (new(Process(popen)), *(_pipe(stream) for stream in (popen.stdin, popen.stdout, popen.stderr)))


def _pipe(stream):
    if stream is None:
        return -1
    copy = os.dup(stream.fileno())
    stream.close()
    os.set_blocking(copy, False)
    return new(Handle(copy))


def exit_status(number):
    return get(number).status()


def kill(number, signal_number):
    get(number).kill(signal_number)
