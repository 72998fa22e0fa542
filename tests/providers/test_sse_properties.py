"""Whatever the stream and wherever it is split, the parser says what a slow, plain reading of the rules says."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from clawft.core.errors import ProviderError
from clawft.providers.sse import SseParser

TEXT = st.text(alphabet=st.sampled_from("ab: \r\n\ufeff\u20ac\U0001f600"), max_size=60)
LINES = st.lists(
    st.sampled_from(["data: a", "data:b", "data", "event: x", ":c", "", "id: 1", "data: \u20ac"]), max_size=12
)


def plain(data: bytes) -> list[tuple[str, str]]:
    """The rules as they are written, on the whole text."""
    text = data.decode().removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events, name, found = [], "", []
    for line in lines[:-1]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if found:
                events.append((name, "\n".join(found)))
            name, found = "", []
        elif field == "data":
            found.append(value)
        elif field == "event":
            name = value
    return events


def fed(data: bytes, cuts: list[int]) -> list[tuple[str, str]]:
    parser = SseParser()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    events: list[tuple[str, str]] = []
    for start, end in itertools.pairwise(edges):
        events += parser.feed(data[start:end])
    return events


@given(TEXT, st.lists(st.integers(0, 1000), max_size=8))
def test_any_text_at_any_split(text: str, cuts: list[int]) -> None:
    assert fed(text.encode(), cuts) == plain(text.encode())


@given(LINES, st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=13, max_size=13), st.data())
def test_any_lines_with_any_endings_at_any_split(
    lines: list[str], ends: list[str], data: st.DataObject
) -> None:
    text = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode()
    assert fed(text, data.draw(st.lists(st.integers(0, 1000), max_size=8))) == plain(text)


@given(st.binary(max_size=80), st.lists(st.integers(0, 1000), max_size=8))
@settings(max_examples=200)
def test_any_bytes_are_events_or_a_provider_error(data: bytes, cuts: list[int]) -> None:
    try:
        fed(data, cuts)
    except ProviderError as error:
        assert error.kind == "invalid_response"  # noqa: PT017 - both outcomes are right
