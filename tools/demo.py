"""Turns the component and the page in docs/demo/ into a folder that any web server can serve: dist/wasm/demo.

jco translates the component for JavaScript; WASI in a browser is preview2-shim's, whose licence goes along. Current
browsers take the component's own encoding of exceptions, so that its core stays as it is.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tools import component, npm

PAGE = Path(__file__).resolve().parents[1] / "docs" / "demo"
SHIM = "@bytecodealliance/preview2-shim"
WASI = "wasi"
_INTERFACES = ("cli", "clocks", "filesystem", "http", "io", "random")


def make(source: Path, folder: Path) -> None:
    """Write the folder anew. Raises BuildError, NpmError."""
    shim = npm.package(SHIM)
    options = {
        "name": "weft",
        "bindgenEnableWasmExnref": True,
        "emitTypescriptDeclarations": False,
        "base64Cutoff": 0,
        "minify": True,
        # Beside the page, so that it needs no import map, which its policy would have to allow.
        "map": {f"wasi:{name}/*": f"./{WASI}/{name}.js#*" for name in _INTERFACES},
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=folder.parent, ignore_cleanup_errors=True) as made:
        page = Path(made) / "page"
        shutil.copytree(PAGE, page)
        component.run_job({"do": "translate", "component": source, "options": options, "output": page})
        (page / WASI).mkdir()
        for path in sorted((shim / "dist" / "browser").glob("*.js")):
            shutil.copyfile(path, page / WASI / path.name)
        shutil.copyfile(shim / "LICENSE", page / WASI / "LICENSE")
        shutil.rmtree(folder, ignore_errors=True)
        page.rename(folder)
