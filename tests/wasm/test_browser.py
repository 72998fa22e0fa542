"""The page of docs/demo/ in Debian's Chromium, served from dist/wasm/demo on loopback."""

from __future__ import annotations

import re
import subprocess
import threading
import urllib.parse
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

import pytest

from clawft.providers.offline import REPLY
from tests.programs import program
from tools import wasm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_S = 120
HAS_ENDED = re.compile(r"<body [^>]*data-settled")


class Page(HTMLParser):
    """What stands in the page: its state, its status line, and who said what."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.state: str | None = None
        self.status = ""
        self.said: list[list[str]] = []
        self._into: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "body":
            self.state = found.get("data-state")
        elif found.get("id") == "status":
            self._into = "status"
        elif tag == "li":
            self.said.append([str(found.get("class")), ""])
        elif found.get("class") == "who":
            self._into = "who"
        elif self.said:
            self._into = "element"

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._into = "said"
        elif tag in ("li", "p"):
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into == "status":
            self.status += data
        elif self._into == "said":
            self.said[-1][1] += data


class Site(NamedTuple):
    """The served folder, and what was asked of it: (path, status)."""

    url: str
    asked: list[tuple[str, int]]


@pytest.fixture
def site() -> Iterator[Site]:
    folder = wasm.DIST / wasm.DEMO_FOLDER
    assert (folder / "index.html").is_file(), f"there is no {folder}; make it with nox -s wasm"
    asked: list[tuple[str, int]] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            del size
            asked.append((self.path, int(code)))

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_address[1]}/", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def opened(site: Site, profile: Path, *messages: str) -> Page:
    """The page after it was opened with messages in its address, and they were answered."""
    query = urllib.parse.urlencode([("message", message) for message in messages])
    # The sandbox of Chromium refuses to run as root, as tests in containers do; what it loads here is ours.
    command = [program("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [
        "--disable-background-networking",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    command += [
        f"--user-data-dir={profile}",
        "--virtual-time-budget=60000",
        "--dump-dom",
        site.url + "?" + query,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    assert HAS_ENDED.search(done.stdout), done.stdout[-3000:] + done.stderr[-3000:]
    return Page(done.stdout)


def test_a_message_in_the_page_is_answered_by_the_offline_provider(site: Site, tmp_path: Path) -> None:
    page = opened(site, tmp_path, "hello")
    assert page.state == "ready"
    assert "model offline/offline" in page.status
    assert page.said == [["asked", "hello"], ["answered", REPLY]]


def test_tools_work_on_files_in_memory(site: Site, tmp_path: Path) -> None:
    page = opened(site, tmp_path, "/write note.txt kept in memory", "/read note.txt", "/read nothing.txt")
    assert [kind for kind, _ in page.said] == ["asked", "answered"] * 3
    assert "kept in memory" in page.said[3][1]
    assert "nothing.txt" in page.said[5][1]


def test_what_is_said_never_becomes_part_of_the_page(site: Site, tmp_path: Path) -> None:
    hostile = "<img src=x onerror=document.body.dataset.state='taken'>"
    page = opened(site, tmp_path, f"/write a.html {hostile}", "/read a.html")
    assert page.state == "ready"
    assert hostile in page.said[0][1]
    assert hostile in page.said[3][1]


def test_the_page_asks_for_nothing_but_its_own_files(site: Site, tmp_path: Path) -> None:
    opened(site, tmp_path, "hello")
    assert {status for _, status in site.asked} == {200}
    assert {path for path, _ in site.asked if path.endswith(".wasm")} == {
        "/weft.core.wasm",
        "/weft.core2.wasm",
        "/weft.core3.wasm",
        "/weft.core4.wasm",
    }
    text = (wasm.DIST / wasm.DEMO_FOLDER / "index.html").read_text("utf-8")
    assert re.search(r"https?://", text) is None
    assert "default-src 'none'" in text
