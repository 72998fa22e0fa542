"""docs/how-to/webassembly.md: what it shows to run, run as it stands there."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clawft.providers.offline import REPLY
from tests.fakes.model_server import ModelServer
from tests.programs import program
from tests.wasm.components import LIMIT_S, configure, environment
from tools import npm, wasm

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "webassembly.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
MOST_LINES = 20
PORT = "8000"


def block(kind: str, beginning: str) -> str:
    """The one block of a kind that begins so."""
    found = [text for name, text in BLOCKS if name == kind and text.startswith(beginning)]
    assert len(found) == 1, (kind, beginning, len(found))
    return found[0]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """dist/wasm with a home, as the page asks for; nothing is written into the real one."""
    assert (wasm.DIST / wasm.HTTP_COMPONENT).is_file(), "make dist/wasm with nox -s wasm"
    for path in wasm.DIST.iterdir():
        (tmp_path / path.name).symlink_to(path)
    with contextlib.suppress(FileExistsError):
        (wasm.DIST / "node_modules").symlink_to(npm.modules())
    (tmp_path / "home").mkdir()
    return tmp_path


def variables(**more: str) -> dict[str, str]:
    found = importlib.util.find_spec("wasmtime_cli")
    assert found is not None
    assert found.origin is not None
    folders = [str(Path(found.origin).parent), str(npm.node().parent), os.environ["PATH"]]
    return environment(PATH=os.pathsep.join(folders), **more)


def ran(place: Path, text: str, **more: str) -> str:
    done = subprocess.run(
        [program("bash"), "-euc", text],
        cwd=place,
        env=variables(**more),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_block_of_commands_is_run_here() -> None:
    beginnings = [text.split()[:2] for kind, text in BLOCKS if kind == "sh"]
    assert [words[0] for words in beginnings] == ["wasmtime", "wasmtime", "wasmtime", "curl", "node"]


@pytest.mark.parametrize("beginning", ["wasmtime run -S http ", "wasmtime run -W "])
def test_the_command_line_of_wasmtime_runs_component_and_module(place: Path, beginning: str) -> None:
    assert ran(place, block("sh", beginning)) == REPLY + "\n"
    assert (place / "home" / ".clawft" / "state" / "sessions").is_dir()


def test_node_runs_the_component(place: Path) -> None:
    assert ran(place, block("sh", "node "), HOME="/home") == REPLY + "\n"


@contextlib.contextmanager
def serving(place: Path) -> Iterator[str]:
    """The page's server, on a free port, which is given."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    words = block("sh", "wasmtime serve").replace(PORT, port).split()
    with subprocess.Popen(
        words, cwd=place, env=variables(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as server:
        try:
            assert server.stdout is not None
            assert port in server.stdout.readline().decode()
            yield port
        finally:
            server.kill()


def test_the_server_answers_what_curl_asks(place: Path) -> None:
    with serving(place) as port:
        said = ran(place, block("sh", "curl ").replace(PORT, port))
    health, answer, *stream = said.splitlines()
    assert health == '{"status":"ok"}'
    assert '"session":"http:me"' in answer
    assert [line for line in stream if line.startswith("event: ")] == [
        "event: notice",
        "event: text",
        "event: result",
    ]


def test_twenty_lines_of_python_embed_the_agent(place: Path) -> None:
    text = block("python", "import ")
    with ModelServer([{"text": "hello from a sandbox", "expect": "hello"}]) as server:
        configure(place / "home", "openai", "openai/gpt-5", server.base_url)
        done = subprocess.run(
            [sys.executable, "-c", text],
            cwd=place,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "hello from a sandbox\n", "")
        assert len(server.requests) == 1
    assert len([line for line in text.splitlines() if line]) <= MOST_LINES


def test_every_link_leads_somewhere() -> None:
    for path in (PAGE, PAGE.parents[1] / "explanation" / "webassembly.md"):
        text = path.read_text("utf-8")
        headings = {
            re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        }
        for target in re.findall(r"\]\(([^)]+)\)", text):
            name, _, anchor = target.partition("#")
            assert not name or (path.parent / name).exists(), target
            assert name or anchor in headings, target
