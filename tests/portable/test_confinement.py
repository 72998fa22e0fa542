"""The tables that confine a child say what they should, read as the kernel reads them."""

from __future__ import annotations

import struct

from clawft.security import confinement as table

EPERM = table.FAIL | table.EPERM
CLONE_THREAD_FLAGS = 0x003D0F00  # what pthread_create asks for
SIGCHLD = 17


def answer(program: bytes, architecture: int, number: int, first_argument: int = 0) -> int:
    """What the filter answers to a system call: the few instructions of BPF that it is made of."""
    loaded = {0: number, 4: architecture, 16: first_argument & 0xFFFFFFFF}
    value = 0
    at = 0
    while True:
        code, if_true, if_false, constant = struct.unpack("<HBBI", program[at * 8 : at * 8 + 8])
        at += 1
        if code == table.RETURN:
            return constant
        if code == table.LOAD:
            value = loaded[constant]
            continue
        if code == table.JUMP_IF_EQUAL:
            is_true = value == constant
        elif code == table.JUMP_IF_AT_LEAST:
            is_true = value >= constant
        else:
            assert code == table.JUMP_IF_BITS
            is_true = value & constant != 0
        at += if_true if is_true else if_false


def test_ordinary_calls_are_allowed() -> None:
    for machine, numbers in (
        ("x86_64", (0, 1, 2, 9, 59, 257, 231, 61, 302)),
        ("aarch64", (63, 64, 56, 221, 222)),
    ):
        architecture = table.MACHINES[machine][1]
        program = table.system_call_filter(machine, has_network=False)
        for number in numbers:
            assert answer(program, architecture, number) == table.ALLOW, (machine, number)


def test_each_call_in_the_table_fails_and_nothing_beside_it() -> None:
    for machine, (column, architecture) in table.MACHINES.items():
        program = table.system_call_filter(machine, has_network=True)
        refused = [calls[column] for calls in table.REFUSED_CALLS.values()]
        for number in range(500):
            expected = table.ALLOW
            if number in refused:
                expected = EPERM
            elif number == table.CLONE3[column]:
                expected = table.FAIL | table.ENOSYS
            assert answer(program, architecture, number) == expected, (machine, number)


def test_sockets_fail_unless_there_is_a_network() -> None:
    for machine, number in (("x86_64", 41), ("aarch64", 198)):
        architecture = table.MACHINES[machine][1]
        without = table.system_call_filter(machine, has_network=False)
        assert answer(without, architecture, number) == table.FAIL | table.EACCES
        assert (
            answer(table.system_call_filter(machine, has_network=True), architecture, number) == table.ALLOW
        )


def test_threads_and_children_may_start_but_no_namespaces() -> None:
    for machine, (column, architecture) in table.MACHINES.items():
        program = table.system_call_filter(machine, has_network=False)
        clone = table.CLONE[column]
        assert answer(program, architecture, clone, SIGCHLD) == table.ALLOW
        assert answer(program, architecture, clone, CLONE_THREAD_FLAGS) == table.ALLOW
        for bit in (17, 25, 26, 27, 28, 29, 30):
            assert answer(program, architecture, clone, SIGCHLD | 1 << bit) == EPERM, bit


def test_numbers_of_another_machine_are_no_way_around() -> None:
    program = table.system_call_filter("x86_64", has_network=False)
    i386 = 0x40000003
    assert answer(program, i386, 26) == table.KILL
    assert answer(program, 0xC000003E, 0x40000000 | 59) == table.FAIL | table.ENOSYS
    assert table.system_call_filter("riscv64", has_network=False) == b""


def test_rights_are_those_that_the_kernel_knows() -> None:
    for version, bits in ((1, 13), (2, 14), (3, 15), (4, 15), (5, 16), (7, 16), (99, 16)):
        made = table.confinement(("/r",), ("/w",), landlock_version=version, machine="x86_64")
        assert made.handled_files == (1 << bits) - 1
        for path, granted in made.rights:
            assert granted & ~made.handled_files == 0, path
        assert (made.handled_network != 0) == (version >= 4)
        assert (made.scopes != 0) == (version >= 6)


def test_a_workspace_can_be_changed_and_nothing_run_from_it() -> None:
    made = table.confinement(("/r",), ("/w",), landlock_version=7, machine="x86_64")
    rights = dict(made.rights)
    assert rights["/w"] & table.WRITE_FILE
    assert not rights["/w"] & table.EXECUTE
    assert rights["/usr"] == table.RUN
    assert rights["/r"] == table.READ
    assert rights["/etc/passwd"] == table.READ
    assert "/" not in rights
    assert "/etc" not in rights
    assert "/proc" not in rights


def test_without_landlock_folders_are_not_confined() -> None:
    made = table.confinement((), ("/w",), landlock_version=0, machine="aarch64")
    assert (made.rights, made.handled_files, made.handled_network, made.scopes) == ((), 0, 0, 0)
    assert made.system_calls


def test_a_network_that_is_allowed_is_not_refused() -> None:
    made = table.confinement((), (), landlock_version=7, machine="x86_64", has_network=True)
    assert made.handled_network == 0
