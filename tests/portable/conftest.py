"""Collects portable tests: for CPython, for MicroPython as WebAssembly where it can run them, and for executables.

`--native TARGET[=PATH]` adds an item a test that runs in the test build of that target's executable; it may be
repeated. `--features none|default|all|NAMES` first makes the test builds with these features (`build/features/`), of
the targets named by `--native` or of all that run here; `nox -s portable -- --features default` is the way to say it.
`--wasm` adds an item a test that runs in the module's test build, in wasmtime; `nox -s wasm` makes that first.
Tests of what these features leave out have no such item.
"""

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

    from tests.native.executables import Runnable

# "file::test" -> why it fails on stock MicroPython 1.27 and will not on the native runtime. Each must fail: one that
# passes is an error, to be taken off this list.
EXPECTED_ON_MICROPYTHON: dict[str, str] = {
    "test_json.py::test_what_is_json_is_read": "its json makes two bad characters of a surrogate pair",
    "test_json.py::test_every_cut_of_a_text_is_refused": "its json makes two bad characters of a surrogate pair",
    "test_json.py::test_values_are_written_on_one_line": "its json writes \\u0008 for \\b",
    "test_memory_search.py::test_misspelt_words_and_other_forms_are_found_and_what_has_nothing_in_common_is_not": (
        "its heap is too small for what hashing in Python leaves behind"
    ),
    "test_memory_search.py::test_a_file_that_is_damaged_is_kept_aside_and_made_again": "as above",
    "test_memory_search.py::test_a_model_that_does_not_answer_is_replaced_by_spelling_for_that_search": (
        "its dicts have no order"
    ),
}


# "file::test" -> why it cannot pass in an executable. Each must fail, as above.
EXPECTED_ON_NATIVE: dict[str, str] = {}

# "file::test" -> why it cannot pass in WebAssembly. Each must fail, as above.
EXPECTED_IN_WASM: dict[str, str] = {}

# Test builds, and what each was built with, whether just now or before: tests of what it leaves out are not for it.
TEST_BUILDS = pytest.StashKey[list[tuple["Runnable", str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--native",
        action="append",
        default=[],
        metavar="TARGET[=PATH]",
        help="run each test in this target's test build, too (may be repeated)",
    )
    parser.addoption(
        "--features",
        metavar="F",
        help="first make the test builds with these features: none, default, all, or names with commas "
        "(without --native: of all targets that run here)",
    )
    parser.addoption("--wasm", action="store_true", help="run each test in the module's test build, too")


def pytest_configure(config: pytest.Config) -> None:
    given = config.getoption("--native", None) or []
    features = config.getoption("--features", None)
    is_wasm = config.getoption("--wasm", default=False)
    config.stash[TEST_BUILDS] = []
    config.addinivalue_line("markers", "executable: runs in the test build of an executable")
    config.addinivalue_line("markers", "wasm: runs in the test build of the module")
    if not given and features is None and not is_wasm:
        return
    from tests.native.executables import executed_targets
    from tests.portable import native
    from tools.compiler import BuildError
    from tools.running import CannotRun

    try:
        if features is not None:
            given = given or executed_targets()
            native.build(features, [name for name in given if "=" not in name])
        found = [(native.parse(option, features), features or "default") for option in given]
        config.stash[TEST_BUILDS] = [*found, *([native.module()] if is_wasm else [])]
    except (BuildError, CannotRun, FileNotFoundError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if module_path.name.startswith("test_"):
        return PortableModule.from_parent(parent, path=module_path)
    return None


class PortableModule(pytest.Module):
    """A file of portable tests."""

    def __init__(self, *arguments: Any, **rest: Any) -> None:
        super().__init__(*arguments, **rest)
        self._outcomes: dict[str, dict[str, Outcome]] = {}

    def collect(self) -> Iterator[pytest.Item]:
        module = self.obj  # a file that cannot be imported is one error, not one for each test
        is_asynchronous = needs_asyncio(self.path)
        for test in portable_tests(self.path):
            function = getattr(module, test.name)
            on_cpython = OnCPython.from_parent(
                self, name=f"{test.name}[cpython]", test=test, function=function
            )
            yield on_cpython
            yield from self._on_executables(test)
            if is_asynchronous or "folder" in test.parameters:
                on_cpython.add_marker("needs_runtime")
                continue
            on_micropython = OnMicroPython.from_parent(self, name=f"{test.name}[micropython]", test=test)
            reason = EXPECTED_ON_MICROPYTHON.get(f"{self.path.name}::{test.name}")
            if reason is not None:
                on_micropython.add_marker(pytest.mark.xfail(reason=reason, strict=True))
            yield on_micropython

    def _on_executables(self, test: PortableTest) -> Iterator[pytest.Item]:
        if not self.config.stash[TEST_BUILDS]:
            return
        from tests.portable.native import is_left_out
        from tests.wasm.scripts import WASM

        for executable, features in self.config.stash[TEST_BUILDS]:
            if is_left_out(self.path, features):
                continue
            name = f"{test.name}[{executable.target}]"
            item = OnNative.from_parent(self, name=name, test=test, executable=executable, features=features)
            is_wasm = executable.target == WASM
            item.add_marker("wasm" if is_wasm else "executable")
            expected = EXPECTED_IN_WASM if is_wasm else EXPECTED_ON_NATIVE
            reason = expected.get(f"{self.path.name}::{test.name}")
            if reason is not None:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
            yield item

    def outcome(self, asked: OnMicroPython) -> Outcome:
        """What became of a test. The first question runs all that were selected in this file for this MicroPython."""
        if asked.place not in self._outcomes:
            selected = [item for item in self.session.items if item.parent is self]
            tests = [
                item.test
                for item in selected
                if isinstance(item, OnMicroPython) and item.place == asked.place
            ]
            self._outcomes[asked.place] = asked.run_all(tests)
        return self._outcomes[asked.place][asked.test.name]


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
    """Reads the outcome of the function in MicroPython as WebAssembly."""

    place = "wasm"

    def run_all(self, tests: list[PortableTest]) -> dict[str, Outcome]:
        return run_on_micropython(self.path, tests)

    def runtest(self) -> None:
        assert isinstance(self.parent, PortableModule)
        outcome = self.parent.outcome(self)
        if not outcome.has_passed:
            raise FailedInMicroPython(outcome.output)
        self.add_report_section("call", "stdout", outcome.output)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, FailedInMicroPython):
            return f"{excinfo.value}\n(lines are those of the source; to see values, put them into the assert message)"
        return super().repr_failure(excinfo, style)


class OnNative(OnMicroPython):
    """Reads the outcome of the function in an executable's test build."""

    def __init__(self, *, executable: Runnable, features: str, **rest: Any) -> None:
        super().__init__(**rest)
        self._executable = executable
        self._features = features
        self.place = executable.target

    def run_all(self, tests: list[PortableTest]) -> dict[str, Outcome]:
        from tests.portable.native import run_on_native

        return run_on_native(self._executable, self._features, self.path, tests)


class FailedInMicroPython(Exception):
    """What a failed test printed in MicroPython, its traceback included."""
