"""The generated table says what the package it is made from says, name by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from clawft.core.messages import Usage
from clawft.providers.price_data import TABLES
from clawft.providers.prices import context_window_tokens, cost_usd, known_models, price
from tools import prices as tool

genai_prices_data = pytest.importorskip("genai_prices.data")
NOW = dt.datetime(2100, 1, 1, 12, tzinfo=dt.UTC)


def _provider(ours: str) -> Any:
    return next(one for one in genai_prices_data.providers if one.id == tool.PROVIDERS[ours])


def _is_hourly(model: Any) -> bool:
    return isinstance(model.prices, list) and any(
        type(one.constraint).__name__ == "TimeOfDateConstraint" for one in model.prices
    )


def test_the_table_is_what_the_pinned_package_makes() -> None:
    assert tool.main(["--check"]) == 0


def test_the_table_stays_small() -> None:
    assert tool.TARGET.stat().st_size <= 64 * 1024


@pytest.mark.parametrize("ours", sorted(tool.PROVIDERS))
def test_every_known_model_costs_what_the_package_says(ours: str) -> None:
    provider = _provider(ours)
    usage = Usage(300_000, 2_000, cache_read_tokens=1_000)
    compared = 0
    for name in known_models(ours):
        model = provider.find_model(name)
        found = price(ours, name)
        assert found is not None
        assert model is not None
        if (
            found.model != model.id
        ):  # another, dropped model comes first there: then ours must not be asked by this id
            continue
        assert found.context_window_tokens == model.context_window
        if _is_hourly(model):
            compared += 1
            continue
        theirs = model.get_prices(NOW)
        expected = Decimal(0)
        for tokens, value in (
            (299_000, theirs.input_mtok),
            (2_000, theirs.output_mtok),
            (1_000, theirs.cache_read_mtok if theirs.cache_read_mtok is not None else theirs.input_mtok),
        ):
            rate = value
            if hasattr(value, "tiers"):
                rate = value.base
                for tier in value.tiers:
                    rate = tier.price if tier.start < 300_000 else rate
            expected += rate * tokens / 1_000_000
        found_cost = cost_usd(ours, name, usage)
        assert found_cost is not None
        assert abs(found_cost - float(expected)) < 1e-9 + float(expected) * 1e-12, name
        compared += 1
    assert compared >= len(known_models(ours)) * 0.8


@pytest.mark.parametrize("ours", sorted(tool.PROVIDERS))
def test_names_are_matched_as_the_package_matches_them(ours: str) -> None:
    provider = _provider(ours)
    kept = {line.partition("|")[0] for line in TABLES[ours].splitlines()}
    endings = ("", "-20260101", "-2026-01-01", "-latest", "-preview", "-tts", "@20260101", "x")
    for name in sorted(kept)[:: 1 + len(kept) // 100]:
        for ending in endings:
            theirs = next(
                (one for one in provider.models if one.id in kept and one.is_match(name + ending)), None
            )
            if "-tts" in name + ending and not ending.endswith(
                "-tts"
            ):  # the package looks at what follows, the table does not
                continue
            found = price(ours, name + ending)
            assert (found.model if found else None) == (theirs.id if theirs else None), name + ending


def test_context_windows_and_unknown_models() -> None:
    assert context_window_tokens("anthropic", "claude-opus-4-5-20251101") == 200_000
    assert context_window_tokens("anthropic", "claude-from-nowhere") is None
    assert price("nobody", "x") is None
    assert known_models("nobody") == []
    assert set(TABLES) == set(tool.PROVIDERS)
