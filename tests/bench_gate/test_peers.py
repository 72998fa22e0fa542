"""Other agents are measured in turns, from equal homes, if they did their work; what they publish has a source."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench import peer_setups, peers, peers_page
from bench.launcher import CannotRun, Cost
from bench.peer_records import Figure, Footprint, Measured
from bench.peers import Case
from bench.records import BadRecord
from tests.bench_gate.planted import COMMIT, machine
from tests.bench_gate.test_pages import assert_is_well_formed

URL = "http://127.0.0.1:9/v1"


class FakePeer(peer_setups.Peer):
    name, version = "fake", "1"

    def prepare(self, folder):
        return [sys.executable, "-c", f"import pathlib; pathlib.Path({str(folder)!r}).mkdir(parents=True)"]

    def install(self, folder):
        write = f"open({str(folder / 'agent')!r}, 'w').write('x' * 100)"
        return [[sys.executable, "-c", write], [sys.executable, "-c", write.replace("agent", "more.pyc")]]

    def program(self, folder):
        return [str(folder / "agent")]

    def configure(self, home, base_url):
        (home / "settings").write_text(base_url, "utf-8")

    def turn(self, message):
        return ["ask", message]


class FakeLauncher:
    """Says what it was told to, and takes as long."""

    def __init__(self, wall_s, said="Certainly, yes"):
        self.wall_s, self.said, self.homes = wall_s, said, []

    def run(self, argv, environment, *, cwd, stdout):
        home = Path(environment["HOME"])
        self.homes.append((home, sorted(path.name for path in home.iterdir())))
        (home / f"left-{len(self.homes)}").touch()
        stdout.write_text(self.said, "utf-8")
        return Cost(0, self.wall_s, self.wall_s / 2, 4096 * len(self.homes), 1, 0, 1, None)


def runner(launcher, reply="Certainly, yes"):
    return peers.runner(launcher, reply)


def case(tmp_path, scenario="turn", name="fake"):
    peer = FakePeer()
    peer.name = name
    home = tmp_path / name / scenario / "home"
    home.mkdir(parents=True)
    (home / "settings").touch()
    return Case(peer, scenario, ["agent"], {}, home)


def test_every_run_after_the_first_starts_from_what_the_first_left(tmp_path):
    launcher = FakeLauncher(6.0)
    (figure,) = peers.measure([case(tmp_path)], runner(launcher, "Certainly, yes"), print)
    homes = [home for home, _ in launcher.homes]
    assert len(set(homes)) == len(homes) == 5
    assert [files for _, files in launcher.homes] == [["settings"]] + [["left-1", "settings"]] * 4
    assert (figure.samples_s, figure.cpu_s, figure.peak_bytes) == ((6.0,) * 4, 3.0, 5 * 4096)
    assert figure.failure == ""


@pytest.mark.parametrize(("wall_s", "rounds"), [(0.01, 20), (1.0, 9), (20.0, 4)])
def test_what_is_slow_runs_less_often(tmp_path, wall_s, rounds):
    run = runner(FakeLauncher(wall_s), "Certainly,")
    assert len(peers.measure([case(tmp_path)], run, print)[0].samples_s) == rounds


def test_agents_take_turns(tmp_path):
    order = []

    def run(one, home):
        order.append(one.peer.name)
        return Cost(0, 6.0, 1.0, 1, 1, 0, 1, None)

    peers.measure([case(tmp_path, name="a"), case(tmp_path, name="b")], run, print)
    assert order == ["a", "b"] * 5


def test_an_agent_that_did_not_say_what_the_model_said_has_no_figure(tmp_path):
    run = runner(FakeLauncher(0.001, said="Error: no key"), "Certainly, yes")
    turn, version = peers.measure([case(tmp_path), case(tmp_path, "version")], run, print)
    assert "did not say what the model said, but 'Error: no key'" in turn.failure
    assert (turn.samples_s, turn.peak_bytes) == ((), 0)
    assert version.failure == ""


def test_one_failure_takes_all_figures_of_its_case(tmp_path):
    runs = []

    def run(one, home):
        runs.append(home)
        if len(runs) == 3:
            raise CannotRun("it crashed")
        return Cost(0, 6.0, 1.0, 1, 1, 0, 1, None)

    (figure,) = peers.measure([case(tmp_path)], run, print)
    assert (figure.failure, figure.samples_s, len(runs)) == ("it crashed", (), 3)


def test_an_installation_is_measured_without_what_was_there_before_and_used_again(tmp_path, capsys):
    folder = tmp_path / "fake-1"
    first = peers.install(FakePeer(), folder)
    assert first == Footprint("fake", "1", 100, 1)
    assert peers.install(FakePeer(), folder) == first
    assert capsys.readouterr().out.count("installing") == 1


@pytest.mark.parametrize("peer", peer_setups.PEERS.values(), ids=lambda peer: peer.name)
def test_every_peer_is_pinned_and_asks_the_server_that_it_is_told_of(peer, tmp_path):
    peer.configure(tmp_path, URL)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(URL in json.dumps(json.loads(path.read_text("utf-8"))) for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert peer.turn("a message")[-1] == "a message" or "a message" in peer.turn("a message")
    assert peer.version
    if peer.is_released:
        assert any(word.endswith((f"=={peer.version}", f"@{peer.version}"))
                   for command in peer.install(tmp_path) for word in command)  # fmt: skip


def test_ours_is_measured_anew_each_time():
    assert [name for name, peer in peer_setups.PEERS.items() if not peer.is_released] == [
        "weft-executable",
        "weft-cpython",
    ]


def figure(agent, scenario, wall_s, **changed):
    known = {"version": "1", "cpu_s": wall_s, "peak_bytes": int(wall_s * 1e9), "failure": ""} | changed
    return Figure(agent=agent, scenario=scenario, samples_s=(wall_s,) * 4 if wall_s else (), **known)


def measured():
    figures = (
        figure("weft-executable", "version", 0.0002),
        figure("weft-executable", "turn", 0.005),
        figure("nanobot", "version", 0.6),
        figure("nanobot", "turn", 0.0, failure="it | crashed"),
    )
    footprint = Footprint("nanobot", "1", 277_812_141, 8762)
    return Measured("2026-11-25", COMMIT, machine(), "Say hello.", (footprint,), figures)


def test_the_page_sets_each_figure_beside_ours_and_says_where_and_how():
    text = peers_page.page(measured())
    assert_is_well_formed(text)
    for words in (
        "Measured on 2026-11-25 at commit `95e7887a0c1d` on Testium 5 at 2 GHz, 2 cores, 25 GB, Linux 6.1.0",
        "`nox -s bench_peers`",
        "| weft-executable | 200 µs, 200 µs … 200 µs | not measured | 5 ms, 5 ms … 5 ms |",
        "| nanobot | 600 ms (3,000 x), 600 ms … 600 ms | not measured | not measured |",
        "| nanobot | 277.8 MB | 8,762 |",
        "- nanobot, turn: it \\| crashed",
    ):
        assert words in text


def test_what_is_measured_survives_as_json():
    assert Measured.from_json(json.loads(json.dumps(measured().as_json()))) == measured()


def test_every_published_figure_has_a_source_and_a_date():
    found = peers_page.published()
    assert {one.agent for one in found} >= {"nullclaw", "picoclaw", "zeroclaw"}
    text = peers_page.page(measured())
    for one in found:
        assert one.when.startswith("2026-")
        assert f"| {one.when} |" in text


@pytest.mark.parametrize(
    ("key", "said"), [("source", "figure 1: source is empty"), ("when", "figure 1: when is empty")]
)
def test_a_published_figure_without_source_or_date_is_refused(key, said):
    row = {"agent": "a", "claim": "c", "source": "s", "when": "2026", "note": ""} | {key: ""}
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in row.items())
    with pytest.raises(BadRecord, match=said):
        peers_page.published(f"[[figure]]\n{lines}\n")
    with pytest.raises(BadRecord, match=f"without {key}"):
        peers_page.published(f"[[figure]]\n{lines}\n".replace(f'{key} = ""\n', ""))


def test_an_unknown_name_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as caught:
        peers.main(["nobody"])
    assert caught.value.code == 2
    assert "no peer is called nobody; there are weft-executable, " in capsys.readouterr().err
