"""The statistics against published worked examples and against scipy."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import scipy.stats

from bench.statistics import bootstrap, holm, least_effect, normal_p, quantile, signed_rank_p

# C. Darwin's maize, the differences of crossed and self-fertilised heights in eighths of an inch, as R. A. Fisher used
# them (The Design of Experiments, 1935, table 3).
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_darwins_maize():
    """No two differences are equal in size; the smaller sum of ranks is 24 (Hollander and Wolfe's way of counting)."""
    assert signed_rank_p(MAIZE) == pytest.approx(scipy.stats.wilcoxon(MAIZE, mode="exact").pvalue)
    assert signed_rank_p(MAIZE) == pytest.approx(0.0413, abs=0.0001)


def test_hamilton_depression_scores():
    """M. Hollander and D. A. Wolfe, Nonparametric Statistical Methods, 1973, pages 29-33: one-sided p is 0.019."""
    before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    differences = [late - early for early, late in zip(before, after, strict=True)]
    assert signed_rank_p(differences) / 2 == pytest.approx(0.0195, abs=0.0001)


@pytest.mark.parametrize("count", [1, 2, 5, 12, 25])
def test_few_differences_are_counted_out_as_scipy_does(count):
    chance = random.Random(count)
    for _ in range(20):
        differences = [chance.gauss(0.3, 1) for _ in range(count)]
        expected = scipy.stats.wilcoxon(differences, mode="exact").pvalue
        assert signed_rank_p(differences) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [26, 40, 100])
def test_many_differences_and_ties_are_as_scipys(count):
    chance = random.Random(count)
    for _ in range(20):
        differences = [round(chance.gauss(0.4, 2)) for _ in range(count)]
        if not any(differences):
            continue
        expected = scipy.stats.wilcoxon(
            differences, zero_method="wilcox", correction=True, mode="asymptotic"
        ).pvalue
        assert signed_rank_p(differences) == pytest.approx(expected, rel=1e-9)


def test_nothing_but_zeros_proves_nothing():
    assert signed_rank_p([0.0, 0.0]) == 1.0
    assert signed_rank_p([]) == 1.0


def test_three_rounds_can_never_alarm():
    assert signed_rank_p([1.0, 2.0, 3.0]) == 0.25


def test_a_normal_estimate_is_as_far_out_as_scipy_says():
    for distance in (0, 0.5, -1.96, 4):
        assert normal_p(distance) == pytest.approx(2 * scipy.stats.norm.sf(abs(distance)))


def test_holms_own_steps():
    """The adjusted values of 0.01, 0.04, 0.03, 0.005, as in R's documentation of p.adjust."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.5, 0.975, 1])
def test_quantiles_are_numpys(share):
    chance = random.Random(7)
    samples = [chance.expovariate(1) for _ in range(41)]
    assert quantile(samples, share) == pytest.approx(float(np.quantile(samples, share)))


def test_a_quantile_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="no samples"):
        quantile([], 0.5)


def test_an_interval_holds_what_it_is_of_about_as_often_as_it_says():
    """95 % of the intervals around the mean of 30 draws; the percentile way is a bit short."""
    chance = random.Random(1)
    held = 0
    for _ in range(200):
        rounds = [(chance.gauss(5, 1),) for _ in range(30)]
        found = bootstrap(rounds, lambda drawn: math.fsum(one[0] for one in drawn) / len(drawn), chance, 300)
        held += found.low <= 5 <= found.high
    assert 0.88 <= held / 200 <= 0.98


def test_an_interval_is_scipys():
    chance = random.Random(2)
    samples = [chance.gauss(0, 1) for _ in range(50)]
    found = bootstrap(
        [(one,) for one in samples], lambda drawn: quantile([one[0] for one in drawn], 0.5), chance, 4000
    )
    expected = scipy.stats.bootstrap((samples,), np.median, n_resamples=4000, method="percentile", rng=3)
    assert found.low == pytest.approx(expected.confidence_interval.low, abs=0.05)
    assert found.high == pytest.approx(expected.confidence_interval.high, abs=0.05)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=0.1)


def test_the_same_seed_gives_the_same_interval():
    rounds = [(float(at % 7),) for at in range(30)]

    def middle(drawn):
        return quantile([one[0] for one in drawn], 0.5)

    assert bootstrap(rounds, middle, random.Random(5)) == bootstrap(rounds, middle, random.Random(5))


def test_the_least_effect_is_seen_four_times_of_five():
    """Of 400 experiments with that effect and a known error, about 320 are significant at 5 %."""
    chance = random.Random(3)
    error = 0.01
    effect = math.log1p(least_effect(error))
    seen = sum(abs(chance.gauss(effect, error)) > 1.96 * error for _ in range(400))
    assert 0.74 <= seen / 400 <= 0.86
