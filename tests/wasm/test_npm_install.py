"""npm takes what the lock says and nothing else: against a registry of our own on loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tools import npm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def planted(text: str) -> bytes:
    """A package as the registry has it."""
    packed = io.BytesIO()
    script = "node -e \"require('fs').writeFileSync('ran', '')\""
    manifest = {
        "name": "planted",
        "version": "1.0.0",
        "engines": {"node": ">=99"},
        "scripts": {"install": script},
    }
    files = {"package.json": json.dumps(manifest), "index.js": text}
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return packed.getvalue()


def sha512(data: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


@contextlib.contextmanager
def registry(tarball: bytes) -> Iterator[str]:
    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_tarball = self.path.endswith(".tgz")
            place = f"http://{self.headers['host']}/planted/-/planted-1.0.0.tgz"
            version: dict[str, Any] = {
                "name": "planted",
                "version": "1.0.0",
                "dist": {"tarball": place, "integrity": sha512(tarball)},
            }
            about = {"name": "planted", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
            body = tarball if is_tarball else json.dumps(about).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def lock_for(folder: Path, data: bytes) -> Path:
    """A folder with a lock that expects these bytes of an optional package."""
    folder.mkdir()
    asked = {"dependencies": {"planted": "1.0.0"}}
    entry = {"version": "1.0.0", "integrity": sha512(data)}
    lock = {"lockfileVersion": 3, "requires": True, "packages": {"": asked, "node_modules/planted": entry}}
    (folder / npm.MANIFEST).write_text(json.dumps(asked))
    (folder / npm.LOCK).write_text(json.dumps(lock))
    return folder


def settings(tmp_path: Path, place: str) -> tuple[str, ...]:
    return (
        f"--registry={place}",
        f"--cache={tmp_path / 'cache'}",
        "--fetch-retries=0",
        "--noproxy=127.0.0.1",
    )


def test_what_the_lock_says_is_installed_without_its_scripts(tmp_path: Path) -> None:
    data = planted("module.exports = 1\n")
    with registry(data) as place:
        made = npm.install(
            lock_for(tmp_path / "lock", data), tmp_path / "made" / "tools", settings(tmp_path, place)
        )
    package = made / "node_modules" / "planted"
    assert (package / "index.js").read_text() == "module.exports = 1\n"
    assert not (package / "ran").exists()
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["tools"]


def test_other_bytes_than_those_of_the_lock_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    expected, served = planted("module.exports = 1\n"), planted("module.exports = 2\n")
    with registry(served) as place, pytest.raises(npm.NpmError, match="EINTEGRITY") as error:
        npm.install(
            lock_for(tmp_path / "lock", expected), tmp_path / "made" / "tools", settings(tmp_path, place)
        )
    assert sha512(served) in str(error.value)
    assert list((tmp_path / "made").iterdir()) == []


def test_a_registry_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with registry(b"") as place:
        pass  # it is gone, and its port free
    data = planted("")
    with pytest.raises(npm.NpmError, match=r"npm ci failed with exit code 1:\n.*ECONNREFUSED"):
        npm.install(lock_for(tmp_path / "lock", data), tmp_path / "made" / "tools", settings(tmp_path, place))
