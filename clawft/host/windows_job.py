"""Starts a child inside a Windows job object: limits hold for all that it starts, and all of it ends as one.

As `weft_process_windows.c` does it: suspended until it is in its job, so that nothing it starts can be outside.
"""

from __future__ import annotations

import ctypes
import subprocess
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.processes import Command

# <winnt.h>, <winbase.h>
_EXTENDED_LIMITS = 9
_KILL_ON_JOB_CLOSE = 0x2000
_JOB_TIME, _ACTIVE_PROCESS, _JOB_MEMORY = 0x4, 0x8, 0x200
_CREATE_SUSPENDED, _NEW_GROUP, _NO_WINDOW = 0x4, 0x200, 0x08000000
_TICKS_PER_S = 10_000_000
_ENDED_BY_SIGNAL = 128


class _ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, with the basic one and the I/O counters laid out in it."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_set", ctypes.c_size_t),
        ("most_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("process_peak", ctypes.c_size_t),
        ("job_peak", ctypes.c_size_t),
    )


def start_in_job(command: Command) -> tuple[subprocess.Popen[bytes], Callable[[int], None]]:
    """The child, and what ends all of the job; called with 0 it lets go of the job. Raises OSError."""
    kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
    system: Any = ctypes.WinDLL("ntdll")  # type: ignore[attr-defined, unused-ignore]
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
    limits = _limits(dict(command.limits.pairs()))
    if not job.value or not kernel.SetInformationJobObject(
        job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
    ):
        raise _last_error()
    popen: Any = subprocess.Popen(  # noqa: S603 - what may run is decided above the runtime
        command.argv,
        cwd=command.cwd,
        env=command.env,
        bufsize=0,
        creationflags=_CREATE_SUSPENDED | _NEW_GROUP | _NO_WINDOW,
        stdin=subprocess.PIPE if command.has_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if command.is_joined else subprocess.PIPE,
    )
    process = ctypes.c_void_p(int(popen._handle))  # noqa: SLF001 - Popen closes the thread's handle, keeps this one
    if not kernel.AssignProcessToJobObject(job, process):
        failure = _last_error()
        popen.kill()
        raise failure
    system.NtResumeProcess(process)
    state = {"is_open": True}

    def kill(number: int) -> None:
        if state["is_open"] and number:
            kernel.TerminateJobObject(job, _ENDED_BY_SIGNAL + number)
        elif state["is_open"]:
            state["is_open"] = False
            kernel.CloseHandle(job)

    return popen, kill


def _limits(wanted: dict[str, int]) -> _ExtendedLimits:
    """Those of the limits that Windows has. If this process dies without closing anything, its children die too."""
    limits = _ExtendedLimits(flags=_KILL_ON_JOB_CLOSE)
    if "cpu_s" in wanted:
        limits.flags |= _JOB_TIME
        limits.job_time = wanted["cpu_s"] * _TICKS_PER_S
    if "memory_bytes" in wanted:
        limits.flags |= _JOB_MEMORY
        limits.job_memory = wanted["memory_bytes"]
    if "processes" in wanted:
        limits.flags |= _ACTIVE_PROCESS
        limits.processes = wanted["processes"]
    return limits


def _last_error() -> OSError:
    failure: OSError = ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined, unused-ignore]
    return failure
