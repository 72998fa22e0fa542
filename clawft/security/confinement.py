"""What a child process may touch, as tables that Linux enforces: Landlock rights by folder, a system call filter.

No I/O: `core.interfaces.Processes` applies it in the child, after which nothing can widen it (no_new_privs). The
policies decide first; this holds when they, or the programs they allow, were wrong.
"""

from __future__ import annotations

import struct

from clawft.core.confinement import Confinement

# linux/landlock.h; the version from which on the kernel knows a right.
EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_FOLDER = 1 << 3
REMOVE_FOLDER = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_FOLDER = 1 << 7
MAKE_FILE = 1 << 8
MAKE_LINK = 1 << 12
MOVE = 1 << 13  # version 2
TRUNCATE = 1 << 14  # version 3
# All that a version can refuse; whatever is not granted to a folder is refused.
HANDLED_FILES = ((5, (1 << 16) - 1), (3, (1 << 15) - 1), (2, (1 << 14) - 1), (1, (1 << 13) - 1))
HANDLED_NETWORK = 0b11  # TCP bind and connect, version 4
NETWORK_VERSION = 4
SCOPES = 0b11  # abstract sockets and signals of processes outside, version 6
SCOPES_VERSION = 6

READ = READ_FILE | READ_FOLDER
RUN = READ | EXECUTE
# Not EXECUTE: what a model wrote into its workspace is no program. No devices, sockets or named pipes either.
CHANGE = (
    READ | WRITE_FILE | REMOVE_FOLDER | REMOVE_FILE | MAKE_FOLDER | MAKE_FILE | MAKE_LINK | MOVE | TRUNCATE
)

# Where programs and what they load are. What is missing on a system is passed over.
PROGRAM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/gnu/store")
# What ordinary programs read: names of users, time zones, languages, certificates. No key and no password is in them.
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld-musl-x86_64.path",
    "/etc/ld-musl-aarch64.path",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/locale.alias",
    "/etc/terminfo",
    "/etc/magic",
    "/etc/mime.types",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/gitconfig",
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/uptime",
    "/proc/version",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

# System calls that an ordinary program never makes, by their numbers: x86_64, aarch64 (-1: there is none).
REFUSED_CALLS = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "quotactl": (179, 60),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    "uselib": (134, -1),
}
NETWORK_CALLS = {"socket": (41, 198)}
CLONE = (56, 220)
CLONE3 = (435, 435)
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: a namespace gives rights that the process has not.
NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH
X32_BIT = 0x40000000

# linux/bpf_common.h and linux/seccomp.h: the instructions that are needed, and what the filter answers.
LOAD = 0x20
JUMP_IF_EQUAL = 0x15
JUMP_IF_AT_LEAST = 0x35
JUMP_IF_BITS = 0x45
RETURN = 0x06
NUMBER_OFFSET = 0
MACHINE_OFFSET = 4
FIRST_ARGUMENT_OFFSET = 16
ALLOW = 0x7FFF0000
FAIL = 0x00050000  # with an errno in its low bits
KILL = 0x80000000
EPERM = 1
ENOSYS = 38
EACCES = 13


def confinement(
    readable: tuple[str, ...],
    changeable: tuple[str, ...],
    *,
    landlock_version: int,
    machine: str,
    has_network: bool = False,
) -> Confinement:
    """The tables for a child that may run the system's programs, read some folders and change others.

    `landlock_version` is the kernel's (0: it has none, and folders are not confined); `machine` is x86_64 or aarch64,
    others have no filter of system calls.
    """
    handled = 0
    for version, files in HANDLED_FILES:
        if landlock_version >= version:
            handled = files
            break
    rights = [(folder, RUN) for folder in PROGRAM_FOLDERS]
    rights += [(file, READ) for file in SYSTEM_FILES + readable]
    rights += [(device, READ_FILE | WRITE_FILE) for device in DEVICES]
    rights += [(folder, CHANGE) for folder in changeable]
    return Confinement(
        tuple([(path, granted & handled) for path, granted in rights]) if handled else (),
        handled,
        HANDLED_NETWORK if landlock_version >= NETWORK_VERSION and not has_network else 0,
        SCOPES if landlock_version >= SCOPES_VERSION else 0,
        system_call_filter(machine, has_network=has_network),
    )


def system_call_filter(machine: str, *, has_network: bool) -> bytes:
    """A seccomp program that fails what `REFUSED_CALLS` names with EPERM, and sockets with EACCES unless `has_network`.

    b"" for a machine whose numbers are not in the table. A call by another machine's numbers ends the process.
    """
    if machine not in MACHINES:
        return b""
    column, architecture = MACHINES[machine]
    refused = sorted({calls[column] for calls in REFUSED_CALLS.values() if calls[column] >= 0})
    tests = [(number, FAIL | EPERM) for number in refused]
    # Its flags are behind a pointer, which a filter cannot follow: without it libc uses clone, whose flags it sees.
    tests.append((CLONE3[column], FAIL | ENOSYS))
    if not has_network:
        tests += [(calls[column], FAIL | EACCES) for calls in NETWORK_CALLS.values()]
    program = [
        (LOAD, 0, 0, MACHINE_OFFSET),
        (JUMP_IF_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_OFFSET),
    ]
    if machine == "x86_64":
        program += [(JUMP_IF_AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, FAIL | ENOSYS)]
    for number, answer in tests:
        program += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, answer)]
    program += [
        (JUMP_IF_EQUAL, 0, 3, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT_OFFSET),
        (JUMP_IF_BITS, 0, 1, NEW_NAMESPACES),
        (RETURN, 0, 0, FAIL | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join([struct.pack("<HBBI", *instruction) for instruction in program])
