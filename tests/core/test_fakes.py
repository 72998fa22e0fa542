"""What only CPython code asks of the shipped fakes; their contracts are in tests/portable/test_fakes.py."""

from __future__ import annotations

import pytest

from clawft.core.errors import OutputClosed
from clawft.core.fakes import FakeHost, FakeRuntime, FakeTerminal, run
from clawft.core.interfaces import Request, Runtime


def test_a_host_runs_work_in_its_runtime_both_ways() -> None:
    host = FakeHost(FakeRuntime({"A": "b"}))
    host.runtime.standard_input.pieces = [b"one\n"] * 2

    async def work(runtime: Runtime) -> tuple[str, bytes]:
        return runtime.environment["A"], await runtime.standard_input.read()

    assert host.run_blocking(work) == ("b", b"one\n")
    assert host.run_concurrent(work) == ("b", b"one\n")


def test_a_request_without_a_script_names_itself() -> None:
    with pytest.raises(AssertionError, match=r"no reply is scripted for GET http://a/x"):
        run(FakeRuntime().http(Request("GET", "http://a/x", [])))


def test_writing_to_a_closed_output_says_so_and_errors_never_raise() -> None:
    terminal = FakeTerminal()
    terminal.is_output_closed = True
    with pytest.raises(OutputClosed):
        terminal.write("x")
    terminal.write_error("y")
    assert terminal.errors == "y"


def test_errors_of_the_work_come_out_of_run() -> None:
    async def fails() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        run(fails())
