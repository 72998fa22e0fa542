from hypothesis import given
from hypothesis import strategies as st

from clawft.core.near import did_you_mean, distance, near

WORDS = st.text("abc-_", max_size=7)


def plain_distance(left: str, right: str) -> int:
    """Optimal string alignment, straight from its recursive definition, as the oracle."""
    if not left or not right:
        return len(left) + len(right)
    best = min(
        plain_distance(left[1:], right) + 1,
        plain_distance(left, right[1:]) + 1,
        plain_distance(left[1:], right[1:]) + (left[0] != right[0]),
    )
    if len(left) > 1 and len(right) > 1 and left[0] == right[1] and left[1] == right[0]:
        best = min(best, plain_distance(left[2:], right[2:]) + 1)
    return best


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_distance_agrees_with_its_definition(left: str, right: str) -> None:
    assert distance(left, right, 10) == plain_distance(left, right)


@given(WORDS, WORDS, st.integers(0, 4))
def test_a_bounded_distance_is_the_distance_or_just_over_the_bound(left: str, right: str, most: int) -> None:
    assert distance(left, right, most) == min(distance(left, right, 100), most + 1)


def test_the_nearest_comes_first_and_ties_keep_their_order() -> None:
    assert near("opnai", ["anthropic", "openai", "opnaj", "opnak"]) == ["openai", "opnaj", "opnak"]


def test_no_more_than_the_limit_are_given() -> None:
    assert near("abcd", ["abce", "abcf", "abcg", "abch"], limit=2) == ["abce", "abcf"]


def test_a_far_word_is_near_nothing() -> None:
    assert near("telegram", ["agents", "providers", "tools"]) == []


def test_case_dashes_and_underscores_do_not_count() -> None:
    assert near("MaxTokens", ["max_tokens", "memory_window"]) == ["max_tokens"]


def test_a_beginning_is_near_however_long_the_rest() -> None:
    assert near("claude", ["claude-sonnet-latest", "gpt"]) == ["claude-sonnet-latest"]


def test_an_empty_or_endless_word_is_near_nothing() -> None:
    assert near("", ["a"]) == []
    assert near("a" * 65, ["a" * 64]) == []


def test_a_repeated_candidate_is_named_once() -> None:
    assert near("grok", ["groq", "groq"]) == ["groq"]


def test_did_you_mean_reads_as_a_question() -> None:
    assert did_you_mean("grok", ["groq"]) == "did you mean groq?"
    assert did_you_mean("aaaa", ["aaab", "aaac", "aaad"]) == "did you mean aaab, aaac or aaad?"
    assert did_you_mean("zzz", ["groq"]) == ""
