"""Spending limits: counted across processes, refused when reached."""

from __future__ import annotations

import pytest

from clawft.agent.budget import Budget
from clawft.core.errors import BudgetExceeded
from clawft.core.fakes import FakeRuntime, run

FOLDER = "/home/user/.clawft/state/spending"


def budget(runtime: FakeRuntime, day: float | None = None, session: float | None = None) -> Budget:
    return Budget(runtime.files, runtime.clock, FOLDER, day, session)


def test_without_limits_nothing_is_refused() -> None:
    runtime = FakeRuntime()
    spending = budget(runtime)
    run(spending.add("cli:a", "openai/x", 1000.0))
    spending.check(1000.0)
    assert not spending.has_limit


def test_a_session_limit_is_refused_when_reached_and_not_before() -> None:
    spending = budget(FakeRuntime(), session=0.5)
    spending.check(0.49)
    with pytest.raises(BudgetExceeded, match=r"budget\.session_usd.*\$0\.5000.*raise"):
        spending.check(0.5)


def test_a_day_limit_counts_what_another_process_spent() -> None:
    runtime = FakeRuntime()
    ours, theirs = budget(runtime, day=1.0), budget(runtime, day=1.0)
    run(ours.add("cli:a", "openai/x", 0.4))
    run(theirs.add("cli:b", "openai/x", 0.5))
    ours.check(0.0)
    run(ours.add("cli:a", "openai/x", 0.1))
    assert ours.day_spent_usd() == pytest.approx(1.0)
    with pytest.raises(BudgetExceeded, match=r"budget\.day_usd"):
        theirs.check(0.0)


def test_a_new_day_starts_at_nothing() -> None:
    runtime = FakeRuntime()
    spending = budget(runtime, day=1.0)
    run(spending.add("cli:a", "openai/x", 2.0))
    run(runtime.clock.sleep(86400))
    spending.check(0.0)
    assert spending.day_spent_usd() == 0.0


def test_a_line_torn_by_a_killed_process_costs_nothing_and_swallows_nothing() -> None:
    runtime = FakeRuntime()
    spending = budget(runtime, day=1.0)
    run(spending.add("cli:a", "openai/x", 0.25))
    path = FOLDER + "/" + runtime.files.list(FOLDER)[0]
    whole = runtime.files.read(path) or b""
    run(runtime.files.append_durable(path, b'{"cost_usd":0.7', len(whole)))
    run(budget(runtime).add("cli:a", "openai/x", 0.5))
    assert budget(runtime).day_spent_usd() == pytest.approx(0.75)
    assert spending.day_spent_usd() == pytest.approx(0.75)
