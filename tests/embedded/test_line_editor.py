"""Editing one line: what keys do, and that the screen shows it, wrapped and wide."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawft.core.display import columns_of
from clawft.embedded.line_editor import LineEditor

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE = "\x1b[H", "\x1b[F", "\x1b[3~"
WORD_LEFT, WORD_RIGHT = "\x1b[1;5D", "\x1b[1;5C"
ESCAPE = re.compile(r"\x1b\[(\??\d*(?:;\d*)*)([A-Za-z~])")


class Screen:
    """As much of a terminal as the editor asks for: rows of cells, and where the cursor is."""

    def __init__(self, columns):
        self.columns = columns
        self._clear()

    def _clear(self):
        self.rows = [[]]
        self.row = self.column = 0

    def show(self, text):
        at = 0
        while at < len(text):
            sequence = ESCAPE.match(text, at)
            if sequence:
                self._obey(sequence[1], sequence[2])
                at = sequence.end()
                continue
            self._put(text[at])
            at += 1

    def _obey(self, numbers, letter):
        count = int(numbers or "1") if numbers.isdigit() or not numbers else 0
        if letter == "A":
            self.row -= count
            assert self.row >= 0, "the cursor left the lines that belong to the editor"
        elif letter == "C":
            self.column = min(self.column + count, self.columns - 1)
        elif letter == "J" and not numbers:
            self.rows = self.rows[: self.row + 1]
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif letter in "HJ":
            self._clear()

    def _put(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self._down()
        else:
            width = columns_of(letter)
            if self.column + width > self.columns:
                self.column = 0
                self._down()
            row = self.rows[self.row]
            row += [" "] * (self.column - len(row))
            row[self.column : self.column + max(width, 0)] = [letter] + [""] * (width - 1) if width else []
            self.column += width

    def _down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def lines(self):
        return ["".join(row).rstrip() for row in self.rows]


def typed(keys, *, columns=40, history=(), words=(), prompt="> "):
    """An editor that has been given keys, and its screen."""
    editor = LineEditor(prompt, columns, list(history), words)
    screen = Screen(columns)
    screen.show(editor.start())
    screen.show(editor.feed(keys.encode() if isinstance(keys, str) else keys))
    return editor, screen


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("abc", "abc"),
        ("abc" + LEFT + "x", "abxc"),
        ("abc" + LEFT * 9 + "x", "xabc"),
        ("abc" + LEFT * 2 + RIGHT + "x", "abxc"),
        ("abc" + HOME + "x" + END + "y", "xabcy"),
        ("abc\x01x\x05y", "xabcy"),
        ("abc\x02\x02\x06x", "abxc"),
        ("abc\x7f", "ab"),
        ("abc\x08\x08\x08\x08", ""),
        ("abc" + HOME + DELETE, "bc"),
        ("abc" + HOME + "\x04", "bc"),
        ("ab cd" + WORD_LEFT + "\x0b", "ab "),
        ("ab cd" + WORD_LEFT + "\x15", "cd"),
        ("ab cd \x17x", "ab x"),
        ("ab cd\x17\x01\x19", "cdab "),
        ("ab cd" + HOME + WORD_RIGHT + "x", "abx cd"),
        ("ab cd\x1bb\x1bd", "ab "),
        ("ab cd\x1b\x7f", "ab "),
        ("gr\u00fc\u00df \u65e5\u672c" + LEFT + "x", "gr\u00fc\u00df \u65e5x\u672c"),
        ("e\u0301" + LEFT + "x", "xe\u0301"),
        ("e\u0301\x7f", ""),
        ("a\x00\x1b[99~\x1b[5;7Zb", "ab"),
        (b"a\xff\xc3\xa4\xe4\xb8b", "a\u00e4b"),
    ],
)
def test_keys_do_what_they_do_in_a_shell(keys, text):
    editor, screen = typed(keys)
    assert editor.text == text
    assert screen.lines() == [("> " + text.replace("\u0301", "")).rstrip()]


def test_enter_ends_the_line_and_keeps_what_was_typed_ahead():
    editor, screen = typed("one\rtwo\r")
    assert (editor.outcome, editor.text, editor.rest) == ("line", "one", b"two\r")
    assert screen.lines() == ["> one", ""]


def test_ctrl_c_drops_the_line_wherever_the_cursor_is():
    editor, screen = typed("abc" + HOME + "\x03")
    assert editor.outcome == "interrupt"
    assert screen.lines() == ["> abc^C", ""]


def test_ctrl_d_ends_the_input_on_an_empty_line_only():
    assert typed("\x04")[0].outcome == "end"
    assert typed("a\x04")[0].outcome == ""


def test_history_is_walked_and_what_was_being_typed_comes_back():
    history = ["first", "second"]
    assert typed("new" + UP, history=history)[0].text == "second"
    assert typed("new" + UP * 5, history=history)[0].text == "first"
    assert typed("new" + UP * 2 + DOWN, history=history)[0].text == "second"
    editor, screen = typed("new" + UP * 2 + DOWN * 5 + "!", history=history)
    assert editor.text == "new!"
    assert screen.lines() == ["> new!"]
    assert history == ["first", "second"]


def test_pasted_lines_are_one_message():
    editor, screen = typed("say: \x1b[200~one\r\ntwo\tx\x07\x1b[201~!\r")
    assert (editor.outcome, editor.text) == ("line", "say: one\ntwo    x!")
    assert screen.lines() == ["> say: one", "two    x!", ""]


def test_tab_completes_the_first_word():
    words = ("/help", "/history", "/exit")
    assert typed("/e\t", words=words)[0].text == "/exit "
    editor, screen = typed("/h\t", words=words)
    assert editor.text == "/h"
    screen.show(editor.feed(b"\t"))
    assert screen.lines() == ["> /h", "/help  /history", "> /h"]
    assert typed("say /e\t", words=words)[0].text == "say /e"
    assert typed("/x\t", words=words)[0].text == "/x"


def expected_lines(text, columns):
    """The prompt and a text as a terminal wraps them."""
    screen = Screen(columns)
    screen.show(text.replace("\n", "\r\n"))
    return screen.lines()


KEYS = st.lists(
    st.one_of(
        st.text("ab \u00e9\u65e5", min_size=1, max_size=9),
        st.sampled_from(
            [UP, DOWN, LEFT, RIGHT, HOME, END, DELETE, WORD_LEFT, WORD_RIGHT, "\x7f", "\x0b", "\x15"]
        ),
        st.sampled_from(["\x17", "\x19", "\x1b[200~x\ny\x1b[201~", "\t", "\x01", "\x05"]),
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(KEYS, st.integers(4, 15), st.data())
def test_the_screen_shows_the_line_however_the_bytes_come(keys, columns, data):
    history = ["old", "a longer line that wraps"]
    whole, screen = typed("".join(keys), columns=columns, history=history)
    wrapped = expected_lines("> " + whole.text, columns)
    shown = screen.lines()
    assert shown[: len(wrapped)] == wrapped
    assert not any(shown[len(wrapped) :])

    piecewise = LineEditor("> ", columns, history)
    pieces = Screen(columns)
    pieces.show(piecewise.start())
    rest = "".join(keys).encode()
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        pieces.show(piecewise.feed(rest[:size]))
        rest = rest[size:]
    assert piecewise.text == whole.text
    assert pieces.lines()[: len(wrapped)] == wrapped
    assert (pieces.row, pieces.column % columns) == (screen.row, screen.column % columns)
