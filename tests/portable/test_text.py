"""What text and bytes can do that the agent relies on, and that patches of ours make cheaper in the executables."""

from __future__ import annotations

PIECES = ("", " ", "a", "b", "é", "ab", " a", "a b", "  ", "ba", "éa", "aba", " aé ", "\ta\n", "x" * 100)


def stripped(text: str, characters: str, *, left: bool, right: bool) -> str:
    """What strip() and its likes leave, a character at a time."""
    while left and text and text[0] in characters:
        text = text[1:]
    while right and text and text[-1] in characters:
        text = text[:-1]
    return text


def test_stripping_takes_from_the_ends_and_nothing_else() -> None:
    for text in [first + second + third for first in PIECES for second in PIECES for third in PIECES]:
        for characters in (" ", "a", "ab", " \t\n", "x"):
            assert text.strip(characters) == stripped(text, characters, left=True, right=True)
            assert text.lstrip(characters) == stripped(text, characters, left=True, right=False)
            assert text.rstrip(characters) == stripped(text, characters, left=False, right=True)
            data = text.encode()
            assert data.strip(characters.encode()) == text.strip(characters).encode()
        assert text.strip() == stripped(text, " \t\n\r\v\f", left=True, right=True)


def test_what_is_searched_is_found_where_it_is_first() -> None:
    for text in [first + second for first in PIECES for second in PIECES]:
        for wanted in PIECES:
            places = [at for at in range(len(text) + 1) if text[at : at + len(wanted)] == wanted]
            assert text.find(wanted) == (places[0] if places else -1)
            assert text.rfind(wanted) == (places[-1] if places else -1)
            assert (wanted in text) == bool(places)
            assert (wanted.encode() in text.encode()) == bool(places)
            if wanted:
                assert wanted.join(text.split(wanted)) == text
                assert wanted.join(text.rsplit(wanted, 1)) == text
                assert [wanted in part for part in text.split(wanted)].count(True) == 0


def test_texts_are_equal_however_they_were_made_and_however_long_they_are() -> None:
    for size in (1, 7, 47, 48, 49, 200, 70_000):
        text = "k" * size
        made = "".join(["k"] * (size - 1)) + "k"
        sliced = ("-" + text + "-")[1:-1]
        decoded = text.encode().decode()
        assert text == made == sliced == decoded
        assert hash(made) == hash(sliced) == hash(decoded)
        assert {text: 1}[made] == {made: 1}[sliced] == {sliced: 1}[decoded] == 1
        assert text.encode() == made.encode()
        assert {text.encode(): 1}[sliced.encode()] == 1
        assert made != "k" * (size + 1)
        assert made != "k" * (size - 1) + "l"
