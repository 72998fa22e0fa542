"""Rounds, their orders, and what an interrupt leaves."""

from __future__ import annotations

import pytest

from bench.paired import Plan, orders, placed, play
from bench.slices import SliceFailed

ARMS = ("new", "old", "copy", "control")


def test_half_of_the_rounds_begin_with_the_old_side():
    found = list(orders(ARMS, 40, 7))
    assert all(sorted(order) == sorted(ARMS) for order in found)
    assert sum(order.index("old") < order.index("new") for order in found) == 20
    firsts = {order[0] for order in found}
    assert firsts == set(ARMS)
    assert found == list(orders(ARMS, 40, 7))
    assert found != list(orders(ARMS, 40, 8))


class Script:
    """Arms that say what they were asked for."""

    def __init__(self, fails_at=None, failure=None):
        self.played = []
        self._fails_at = fails_at
        self._failure = failure

    def arms(self):
        return {name: lambda name=name: self._play(name) for name in ARMS}

    def _play(self, name):
        if len(self.played) == self._fails_at:
            raise self._failure
        self.played.append(name)
        return {"time": float(len(self.played))}


def test_warm_up_leaves_no_samples():
    script = Script()
    told = []
    rounds, is_interrupted = play(script.arms(), Plan(5, 10, 10, 1), told=lambda *at: told.append(at))
    assert len(script.played) == 15 * 4
    assert {len(samples) for samples in rounds.samples["time"].values()} == {10}
    assert not is_interrupted
    assert told[-1] == (10, 10)


def test_enough_is_asked_every_ten_rounds_from_the_fewest_on():
    asked = []

    def enough(rounds):
        asked.append(len(rounds.orders))
        return len(asked) == 3

    rounds, _ = play(Script().arms(), Plan(0, 20, 100, 1), enough)
    assert asked == [20, 30, 40]
    assert len(rounds.orders) == 40


def test_an_interrupt_keeps_whole_rounds():
    rounds, is_interrupted = play(Script(4 * 12 + 2, KeyboardInterrupt()).arms(), Plan(0, 40, 40, 1))
    assert is_interrupted
    assert {len(samples) for samples in rounds.samples["time"].values()} == {12}


def test_an_arm_that_fails_is_named():
    script = Script(4 * 3, SliceFailed("it said no"))
    with pytest.raises(SliceFailed, match=r"round 4: it said no"):
        play(script.arms(), Plan(0, 40, 40, 1))


def test_arms_lie_under_paths_of_one_length(tmp_path):
    file = tmp_path / "weft"
    file.write_bytes(b"\x7fELF")
    found = placed(dict.fromkeys(ARMS, file), tmp_path / "arms")
    assert len({len(str(path)) for path in found.values()}) == 1
    assert len(set(found.values())) == 4
    assert all(path.read_bytes() == b"\x7fELF" and path.stat().st_mode & 0o111 for path in found.values())
