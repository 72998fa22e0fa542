"""Collects portable tests: once for CPython and, where MicroPython can run them today, once for MicroPython."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.portable.harness import (
    Outcome,
    PortableTest,
    needs_asyncio,
    portable_tests,
    run_on_cpython,
    run_on_micropython,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# "file::test" -> why it fails on stock MicroPython 1.27 and will not on the native runtime. Each must fail: one that
# passes is an error, to be taken off this list.
EXPECTED_ON_MICROPYTHON: dict[str, str] = {}


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if module_path.name.startswith("test_"):
        return PortableModule.from_parent(parent, path=module_path)
    return None


class PortableModule(pytest.Module):
    """A file of portable tests."""

    _outcomes: dict[str, Outcome] | None = None

    def collect(self) -> Iterator[pytest.Item]:
        module = self.obj  # a file that cannot be imported is one error, not one for each test
        is_asynchronous = needs_asyncio(self.path)
        for test in portable_tests(self.path):
            function = getattr(module, test.name)
            on_cpython = OnCPython.from_parent(
                self, name=f"{test.name}[cpython]", test=test, function=function
            )
            yield on_cpython
            if is_asynchronous or "folder" in test.parameters:
                on_cpython.add_marker("needs_runtime")
                continue
            on_micropython = OnMicroPython.from_parent(self, name=f"{test.name}[micropython]", test=test)
            reason = EXPECTED_ON_MICROPYTHON.get(f"{self.path.name}::{test.name}")
            if reason is not None:
                on_micropython.add_marker(pytest.mark.xfail(reason=reason, strict=True))
            yield on_micropython

    def outcome(self, test: PortableTest) -> Outcome:
        """What became of a test in MicroPython. The first question runs all that were selected in this file."""
        if self._outcomes is None:
            selected = [item for item in self.session.items if item.parent is self]
            tests = [item.test for item in selected if isinstance(item, OnMicroPython)]
            self._outcomes = run_on_micropython(self.path, tests)
        return self._outcomes[test.name]


class PortableItem(pytest.Item):
    """One test on one runtime."""

    def __init__(self, *, test: PortableTest, **rest: Any) -> None:
        super().__init__(**rest)
        self.test = test

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.test.line - 1, self.name


class OnCPython(PortableItem):
    """Runs the function as it is imported."""

    def __init__(self, *, function: Callable[..., Any], **rest: Any) -> None:
        super().__init__(**rest)
        self._function = function

    def runtest(self) -> None:
        run_on_cpython(self._function, self.test)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        excinfo.traceback = excinfo.traceback.cut(path=self.path)
        return super().repr_failure(excinfo, style)


class OnMicroPython(PortableItem):
    """Reads the outcome of the function in MicroPython."""

    def runtest(self) -> None:
        assert isinstance(self.parent, PortableModule)
        outcome = self.parent.outcome(self.test)
        if not outcome.has_passed:
            raise FailedInMicroPython(outcome.output)
        self.add_report_section("call", "stdout", outcome.output)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, FailedInMicroPython):
            return f"{excinfo.value}\n(lines are those of the source; to see values, put them into the assert message)"
        return super().repr_failure(excinfo, style)


class FailedInMicroPython(Exception):
    """What a failed test printed in MicroPython, its traceback included."""
