"""The report is one file that needs nothing else, says all that was found, and looks as it should in a browser."""

from __future__ import annotations

import html
import json
import re
import struct
import subprocess
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bench import plots, report, results, wording
from tests.bench_gate.planted import (
    full_history,
    full_results,
    side,
    size_row,
    time_row,
)
from tests.bench_gate.planted import results as planted
from tests.programs import program

VOID = {"meta", "link", "br", "img"}
LIMIT_S = 120


class Page(HTMLParser):
    """What is in a page: its text, its tags, and those that were not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.words, self.open, self.wrong, self.urls, self.ids, self.links = [], [], [], [], set(), set()
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        known = dict(attributes)
        self.urls += [known[name] for name in ("src", "href", "xlink:href", "action") if name in known]
        self.ids.add(known.get("id"))
        if known.get("href", "").startswith("#"):
            self.links.add(known["href"][1:])

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


@pytest.fixture(scope="module")
def full():
    return report.render(full_results(missing=("cpython/idle/peak_rss: it crashed",)), full_history())


def test_every_tag_is_closed_in_order(full):
    page = Page(full)
    assert (page.open, page.wrong) == ([], [])


def test_nothing_is_fetched_from_anywhere(full):
    page = Page(full)
    assert {url for url in page.urls if not url.startswith("#")} == set()
    assert "<script" not in full
    assert re.findall(r"url\(|@import|https?://", full) == []
    assert "default-src 'none'" in full


def test_every_link_of_the_page_leads_somewhere(full):
    page = Page(full)
    assert page.links
    assert page.links <= page.ids


def test_the_verdict_comes_first(full):
    text = Page(full).text
    assert text.index("2 figures got worse") < text.index("What changed") < text.index("Samples")
    assert "Exit code 1." in text


def test_every_figure_stands_there_with_its_verdict_and_reason(full):
    text = Page(full).text
    for row in full_results().rows:
        assert wording.title(row) in text
        if row.verdict != "unchanged":
            assert row.reason in text
    assert "cpython/idle/peak_rss: it crashed" in text
    assert "+6.6 % … +9.9 %" in text
    assert "40 rounds, would have seen 2.1 %" in text


def test_machine_and_command_are_there(full):
    text = Page(full).text
    assert "Testium 5 at 2 GHz, 2 cores" in text
    assert (
        "git checkout 95e7887a0c1d nox -s build -- --host nox -s bench -- --quick --against 1afe378b0c1d"
        in text
    )


def test_the_command_says_only_what_was_asked():
    run = planted(mode="full", old=results.OldSide(None, "none", "nothing to compare with"))
    assert report.command(run).splitlines()[-1] == "nox -s bench"


def test_the_trend_names_the_step_and_its_commits(full):
    text = Page(full).text
    assert "worse, 1.29 MB -> 1.372 MB (+6.4 %) in 1e0000000000..1f0000000000" in text
    assert "2 series without a change of level" in text


def test_a_run_that_is_in_the_history_is_drawn_once():
    entries = full_history(4)
    found = full_results(id="run-3")
    assert "4 runs" in Page(report.render(found, entries)).text
    assert "5 runs" in Page(report.render(full_results(), entries)).text


def test_another_class_of_machines_is_another_history():
    there = [replace(entry, run=replace(entry.run, machine=replace(entry.run.machine, machine_class="other")))
             for entry in full_history(6)]  # fmt: skip
    assert 'id="trend"' not in report.render(full_results(), there)


def test_a_small_run_has_no_empty_sections():
    page = report.render(planted(replace(size_row(), verdict="unchanged")), [])
    assert "Nothing: every one of the 1 figures is where it was" in Page(page).text
    for name in ("samples", "trend", "missing"):
        assert f'id="{name}"' not in page


def test_a_run_without_rows_has_a_page():
    page = report.render(replace(planted(missing=("everything: the build failed",)), rows=()), [])
    assert "1 figure is missing" in Page(page).text


def test_hostile_text_stays_text():
    evil = '<script>alert("x")</script>'
    row = replace(size_row(), reason=evil, verdict="regressed")
    part = replace(size_row(), metric=f"symbol_bytes:{evil}", limit=None)
    page = report.render(planted(row, part, missing=(evil,)), [])
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3


def test_the_same_run_gives_the_same_page(full):
    assert full == report.render(full_results(missing=("cpython/idle/peak_rss: it crashed",)), full_history())


def test_the_command_writes_the_page_of_a_stored_run(tmp_path, capsys):
    results.write(full_results(), tmp_path / "run.json")
    output = tmp_path / "report.html"
    assert report.main([str(tmp_path / "run.json"), "--output", str(output)]) == 0
    assert output.read_text("utf-8").startswith("<!doctype html>")
    assert report.main([str(tmp_path / "none.json"), "--output", str(output)]) == 3
    assert "there is no such file" in capsys.readouterr().err


def test_what_is_far_out_is_counted_at_the_edge_and_does_not_flatten_the_rest():
    samples = (*(1 + 0.001 * n for n in range(38)), 5.0, 9.0)
    scale = plots.Scale.above(samples)
    assert scale.at(samples[37]) > 80
    drawn = plots.strip(side(*samples), scale, "s", "B")
    assert drawn.count("<circle") == 38
    assert ">2 ▸</text>" in drawn


def test_a_scale_of_equal_values_has_room():
    scale = plots.Scale.above([2.0, 2.0, 2.0])
    assert 0 < scale.at(2.0) < 100
    assert scale.ticks()


def test_whiskers_that_reach_too_far_end_at_the_edge():
    wide = replace(time_row().comparison, ratio=3.0, low=0.1, high=9.0)
    drawn = plots.whisker(wide, 0.1, 0.03)
    assert 'x1="2.00%" x2="98.00%"' in drawn


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Runs chromium on a page; what it writes to its standard output."""
    folder = tmp_path_factory.mktemp("browser")
    flags = "--headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-dev-shm-usage".split()

    def run(path, *options):
        profile = f"--user-data-dir={folder / 'profile'}"
        command = [program("chromium"), *flags, profile, *options, path.as_uri()]
        environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, capture_output=True, env=environment, timeout=LIMIT_S, check=True)
        return done.stdout.decode("utf-8", "replace")

    return run


MEASURE = """<script>addEventListener("load", () => {
document.querySelectorAll("details").forEach(one => one.open = true);
const page = document.documentElement, wide = [...document.querySelectorAll("body *")].filter(one =>
  one.getBoundingClientRect().right > page.clientWidth + 1 && !one.closest("svg, .scroll, nav, pre"));
const bad = [...document.querySelectorAll("svg line, svg circle, svg rect")].filter(one =>
  [...one.attributes].some(each => /NaN|undefined|Infinity/.test(each.value)));
document.body.textContent = JSON.stringify({over: page.scrollWidth - page.clientWidth,
  wide: wide.map(one => one.outerHTML.slice(0, 80)), bad: bad.length,
  drawn: document.querySelectorAll("circle").length});
});</script>"""


@pytest.mark.parametrize("width", [500, 800, 1240])
def test_in_a_browser_nothing_sticks_out_at_any_width(browser, full, tmp_path, width):
    path = tmp_path / "report.html"
    allowed = re.sub(r"<meta http-equiv=[^>]+>", "", full)
    path.write_text(allowed.replace("</body>", MEASURE + "</body>"), "utf-8")
    dom = browser(path, f"--window-size={width},900", "--dump-dom")
    _, _, body = dom.partition("<body>")
    found = json.loads(html.unescape(body.partition("</body>")[0]))
    assert (found["over"], found["wide"], found["bad"]) == (0, [], 0)
    assert found["drawn"] > 500


@pytest.mark.parametrize(("scheme", "is_dark"), [(0, True), (1, False)])
def test_in_a_browser_it_is_as_dark_as_the_reader_asks(browser, full, tmp_path, scheme, is_dark):
    path, picture = tmp_path / "report.html", tmp_path / "report.png"
    path.write_text(full, "utf-8")
    browser(
        path,
        f"--blink-settings=preferredColorScheme={scheme}",
        "--window-size=800,600",
        f"--screenshot={picture}",
    )
    red, green, blue = first_pixel(picture.read_bytes())
    assert (red + green + blue < 3 * 64) == is_dark
    assert (red + green + blue > 3 * 192) != is_dark


def first_pixel(png):
    """The upper left one: it is the first of the data, whatever the filter of its row."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data = 8, b""
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    return zlib.decompress(data)[1:4]
