"""Rounds keep samples that belong together, and nothing that is missing on one side goes unseen."""

from __future__ import annotations

import pytest

from bench.slices import COPY, NEW, OLD, Rounds, SliceFailed


def numbered(*metrics):
    """A slice whose samples count up from 1."""
    count = iter(range(1, 100))

    def play():
        number = next(count)
        return dict.fromkeys(metrics, float(number))

    return play


def failing():
    raise SliceFailed("the disk is full")


def test_samples_stand_in_the_order_of_the_rounds():
    rounds = Rounds({NEW: numbered("time"), OLD: numbered("time"), COPY: numbered("time")})
    rounds.play((COPY, NEW, OLD))
    rounds.play((NEW, OLD, COPY))
    assert rounds.samples == {"time": {COPY: [1.0, 2.0], NEW: [1.0, 2.0], OLD: [1.0, 2.0]}}
    assert rounds.orders == [(COPY, NEW, OLD), (NEW, OLD, COPY)]


def test_slices_are_played_in_the_order_asked_for():
    played = []

    def noting(arm):
        def play():
            played.append(arm)
            return {"time": 1.0}

        return play

    rounds = Rounds({arm: noting(arm) for arm in (NEW, OLD)})
    rounds.play((OLD, NEW))
    rounds.play((NEW, OLD))
    assert played == [OLD, NEW, NEW, OLD]


@pytest.mark.parametrize("order", [(NEW,), (NEW, OLD, OLD), (NEW, COPY)])
def test_a_round_has_each_arm_once(order):
    with pytest.raises(ValueError, match="the arms are new, old"):
        Rounds({NEW: numbered("time"), OLD: numbered("time")}).play(order)


@pytest.mark.parametrize("failure", [SliceFailed("the disk is full"), KeyboardInterrupt()])
def test_a_round_that_breaks_off_leaves_the_rounds_before_it(failure):
    outcomes = iter([{"time": 1.0}, failure])

    def second():
        outcome = next(outcomes)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    rounds = Rounds({NEW: numbered("time"), OLD: second})
    rounds.play((NEW, OLD))
    with pytest.raises(type(failure)):
        rounds.play((NEW, OLD))
    assert rounds.samples == {"time": {NEW: [1.0], OLD: [1.0]}}
    assert len(rounds.orders) == 1


def test_a_failure_names_arm_and_round():
    with pytest.raises(SliceFailed, match=r"^old, round 1: the disk is full$"):
        Rounds({NEW: numbered("time"), OLD: failing}).play((NEW, OLD))


def test_a_slice_without_figures_is_a_failure():
    with pytest.raises(SliceFailed, match="new, round 1: nothing was measured"):
        Rounds({NEW: dict}).play((NEW,))


@pytest.mark.parametrize(
    ("second", "said"), [({"time": 1.0}, "faults"), ({"time": 1.0, "faults": 1.0, "calls": 1.0}, "calls")]
)
def test_a_metric_must_be_in_every_round(second, said):
    outcomes = iter([{"time": 1.0, "faults": 1.0}, second])
    rounds = Rounds({NEW: lambda: next(outcomes)})
    rounds.play((NEW,))
    with pytest.raises(SliceFailed, match=f"new, round 2: {said} not in every round"):
        rounds.play((NEW,))


def test_what_only_the_old_side_has_has_vanished():
    rounds = Rounds({NEW: numbered("a", "c"), OLD: numbered("a", "b")})
    rounds.play((NEW, OLD))
    assert rounds.vanished() == ["b: has vanished"]


def test_what_only_the_baseline_has_has_vanished():
    rounds = Rounds({NEW: numbered("a")})
    rounds.play((NEW,))
    assert rounds.vanished(["a", "b"]) == ["b: has vanished"]
    assert rounds.vanished(["a"]) == []
