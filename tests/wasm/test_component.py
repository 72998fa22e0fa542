"""What the components ask of their host and give it, and that the same core always makes the same ones."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import wasmtime
from wasmtime import component as wasm_component

from tools import component, npm, wasm
from tools.compiler import BuildError

if TYPE_CHECKING:
    from pathlib import Path

OF_THE_HOST = {
    *("cli/environment", "cli/exit", "cli/stderr", "cli/stdin", "cli/stdout", "cli/terminal-input"),
    *("cli/terminal-output", "cli/terminal-stderr", "cli/terminal-stdin", "cli/terminal-stdout"),
    *("clocks/monotonic-clock", "clocks/wall-clock", "filesystem/preopens", "filesystem/types"),
    *("http/outgoing-handler", "http/types", "io/error", "io/poll", "io/streams", "random/random"),
}


@pytest.fixture(scope="module")
def made(components):
    engine = wasmtime.Engine()

    def names(path: Path) -> tuple[set[str], set[str]]:
        found = wasm_component.Component.from_file(engine, str(path)).type
        return set(found.imports(engine)), set(found.exports(engine))

    return {"command": names(components.command), "http": names(components.handler)}


@pytest.mark.parametrize("name", ["command", "http"])
def test_a_component_asks_for_files_http_and_the_command_line_and_no_sockets(made, name):
    assert made[name][0] == {f"wasi:{one}@{component.WASI_VERSION}" for one in OF_THE_HOST}


def test_the_command_gives_a_command_line_and_the_agent(made):
    assert made["command"][1] == {f"wasi:cli/run@{component.WASI_VERSION}", "clawft:weft/agent"}


def test_the_handler_gives_a_handler(made):
    assert made["http"][1] == {f"wasi:http/incoming-handler@{component.WASI_VERSION}"}


def test_the_c_code_names_the_same_version_of_wasi():
    header = (component.WIT.parent / "weft_wasi_http.h").read_text("utf-8")
    assert re.findall(r'#define WASI_VERSION "(.+)"', header) == [component.WASI_VERSION]
    assert set(re.findall(r"@([\d.]+)", component.WIT.read_text("utf-8"))) == {component.WASI_VERSION}


def test_the_same_core_makes_the_same_component(components, tmp_path):
    """Past the cache, which the shipped one came from."""
    adapter = npm.package("@bytecodealliance/jco") / "lib" / "wasi_snapshot_preview1.command.wasm"
    wit = component.wit_source(component.WIT.read_text("utf-8"))
    for name in ("one", "two"):
        component.run_job(
            {
                "do": "compose",
                "core": wasm.LINKED / "product" / wasm.CORE / "wasm32-wasi" / "core.wasm",
                "wit": wit,
                "world": "command",
                "adapter": adapter,
                "output": tmp_path / name,
            }
        )
    assert (
        (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == components.command.read_bytes()
    )


def test_what_is_no_core_is_refused_in_jcos_words(tmp_path):
    (tmp_path / "core.wasm").write_bytes(b"\0asm\1\0\0\0")
    with pytest.raises(BuildError, match="jco could not compose"):
        component.compose(tmp_path / "core.wasm", component.COMMAND, tmp_path / "made.wasm")
    assert not (tmp_path / "made.wasm").exists()


def test_what_node_runs_says_what_it_needs(components):
    package = json.loads((components.node / "package.json").read_text("utf-8"))
    wanted = json.loads((npm.FOLDER / npm.MANIFEST).read_text("utf-8"))["dependencies"]
    (name,) = package["dependencies"]
    assert package["dependencies"][name] == wanted[name]
    imported = {
        word
        for path in components.node.glob("*.*js")
        for word in re.findall(r"""from\s*["'](@[^"']+)["']""", path.read_text("utf-8"))
    }
    assert imported == {f"{name}/{part}" for part in ("cli", "clocks", "filesystem", "http", "io", "random")}
