"""Turns the core module of WebAssembly into components, and components into what Node runs; jco does the work.

The WIT is clawft/embedded/port/weft.wit and what it imports of WASI, which lies in jco's package, as do the adapters
from WASI 0.1. What was made from the same bytes before is taken from the cache. Compiles no C.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tools import cache, npm
from tools.compiler import BuildError

WIT = Path(__file__).resolve().parents[1] / "clawft" / "embedded" / "port" / "weft.wit"
SCRIPT = npm.FOLDER / "component.mjs"
PROGRAMS = npm.FOLDER / "node"
WASI_VERSION = "0.2.12"
# In an order in which each needs only those before it.
WASI_PACKAGES = ("io", "clocks", "filesystem", "sockets", "random", "cli", "http")
JAVASCRIPT = {
    "bindgenEnableWasmExnref": True,
    "emitTypescriptDeclarations": False,
    "base64Cutoff": 0,  # modules are files, also small ones
    "minify": True,
}
"""How jco translates. It may then be imported as it is: what a browser has instead of Node is the import map's."""

LIMIT_S = 300


class World(NamedTuple):
    """A component of ours: its world in weft.wit, and which of jco's adapters from WASI 0.1 it has."""

    name: str
    adapter: str


COMMAND = World("command", "command")
HTTP = World("http", "reactor")


def compose(core: Path, world: World, written: Path) -> None:
    """Write the component of a core module. Raises BuildError, NpmError."""
    adapter = _jco() / "lib" / f"wasi_snapshot_preview1.{world.adapter}.wasm"
    wit = wit_source(WIT.read_text("utf-8"))
    key = _key("component", core.read_bytes(), adapter.read_bytes(), wit, world.name)
    kept = cache.cache_folder() / "components" / f"{key}.wasm"
    if not kept.is_file():
        with cache.replacing(kept) as made:
            job = {
                "do": "compose",
                "core": core,
                "wit": wit,
                "world": world.name,
                "adapter": adapter,
                "output": made,
            }
            run_job(job)
    cache.write(written, kept.read_bytes())


def translate(components: dict[str, Path], legacy_core: Path, folder: Path) -> None:
    """Write what runs components in Node 20: `{name}.js` for each, and the programs in tools/wasm/node/.

    The core of each is replaced by the same one with exceptions in their first encoding, the only one that Node 20
    has. A browser takes the same files with an import map. Raises BuildError, NpmError.
    """
    core = legacy_core.read_bytes()
    programs = {path.name: path.read_bytes() for path in sorted(PROGRAMS.glob("*.mjs"))}
    parts = [part for name, path in sorted(components.items()) for part in (name, path.read_bytes())]
    key = _key(
        "javascript",
        json.dumps(JAVASCRIPT),
        core,
        *parts,
        *(part for pair in programs.items() for part in pair),
    )
    kept = cache.cache_folder() / "components" / key
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".making-", dir=kept.parent, ignore_cleanup_errors=True
        ) as made:
            output = Path(made) / "javascript"
            for name, component in components.items():
                _translate(component, name, core, output)
            for name, program in programs.items():
                (output / name).write_bytes(program)
            cache.write(output / npm.MANIFEST, json.dumps(_package(), indent=2) + "\n")
            try:
                output.rename(kept)
            except OSError:
                if not kept.is_dir():  # another build may have made the same
                    raise
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(kept, folder)


def _translate(component: Path, name: str, core: bytes, output: Path) -> None:
    options = {"name": name, **JAVASCRIPT}
    run_job({"do": "translate", "component": component, "options": options, "output": output})
    translated = output / f"{name}.core.wasm"
    if not translated.is_file():
        raise BuildError(f"jco wrote no {translated.name}: {sorted(path.name for path in output.iterdir())}")
    translated.write_bytes(core)


def _package() -> dict[str, object]:
    """What `npm install` needs to know to run it elsewhere."""
    shim = "@bytecodealliance/preview2-shim"
    version = json.loads((npm.FOLDER / npm.MANIFEST).read_text("utf-8"))["dependencies"][shim]
    return {"name": "weft-wasm", "private": True, "type": "module", "dependencies": {shim: version}}


def wit_source(ours: str) -> str:
    """Our WIT and that of WASI as one text: packages inside, each in braces, ours last in the file's own."""
    folder = _jco() / "lib" / "wit" / "builtin" / WASI_VERSION
    texts = [ours]
    for name in WASI_PACKAGES:
        text = (folder / f"wasi-{name}" / "package.wit").read_text("utf-8")
        head = re.compile(rf"^package (wasi:{name}@{re.escape(WASI_VERSION)});$", re.MULTILINE)
        found = head.search(text)
        if found is None:
            raise BuildError(
                f"{folder.name}/wasi-{name}/package.wit: expected package wasi:{name}@{WASI_VERSION};"
            )
        texts.append(f"package {found[1]} {{\n{head.sub('', text, count=1)}}}\n")
    return "\n".join(texts)


def _jco() -> Path:
    return npm.package("@bytecodealliance/jco")


def _key(*parts: bytes | str) -> str:
    return cache.digest(*parts, npm.modules().parent.name, SCRIPT.read_bytes())


def run_job(job: dict[str, object]) -> None:
    """Have tools/wasm/component.mjs do something. Raises BuildError, NpmError."""
    # Beside node_modules, where its imports are looked for.
    script = npm.modules().parent / SCRIPT.name
    cache.write(script, SCRIPT.read_bytes())
    command = [str(npm.node()), str(script), json.dumps(job, default=str)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise BuildError(f"jco did not {job['do']} within {LIMIT_S} s") from None
    if done.returncode:
        raise BuildError(f"jco could not {job['do']}: {done.stderr.strip()}")
