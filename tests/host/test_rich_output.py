"""Drawn output says what plain output says, stays on the screen, and hands the terminal no control characters."""

from __future__ import annotations

import re

import pytest

from clawft.cli.plain_output import PlainOutput
from clawft.core.fakes import FakeTerminal
from clawft.host.rich_output import MarkdownBlocks, RichOutput

SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ROWS = [
    ("cli:work", "12", "日本語 and more"),
    ("telegram:1", "3", "a [bold] cell\nof two lines"),
    ("x", "", ""),
]
ANSWER = """# Title

Some *emphasis* and `code`.

1. one

2. two

   still two

- a
- b

```python
def f():

    return "blank line above"
```

| h | i |
|---|---|
| 1 | 2 |

The end."""


class Ticking:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Screen:
    """A terminal's screen: enough of one for what is drawn here (text, newline, return, up, erase below)."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.lines = [""]
        self.row = 0
        self.column = 0

    def show(self, text: str) -> None:
        position = 0
        while position < len(text):
            found = SEQUENCE.match(text, position)
            if found:
                self.obey(found.group())
                position = found.end()
                continue
            self.put(text[position])
            position += 1

    def put(self, letter: str) -> None:
        if letter == "\n":
            self.row += 1
            self.column = 0
            if self.row == len(self.lines):
                self.lines.append("")
        elif letter == "\r":
            self.column = 0
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1

    def obey(self, sequence: str) -> None:
        if sequence.endswith("A"):
            top = max(0, len(self.lines) - self.height)
            wanted = self.row - int(sequence[2:-1])
            assert wanted >= top, "the cursor was sent above the screen: what is there cannot be redrawn"
            self.row = wanted
        elif sequence.endswith("J"):
            self.lines = [*self.lines[: self.row], self.lines[self.row][: self.column]]
        else:
            assert sequence.endswith("m"), sequence

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)


class OneScreen(FakeTerminal):
    """Both streams on one screen, as they mostly are."""

    def write_error(self, text: str) -> None:
        self.write(text)


def outputs(width: int = 80, height: int = 24) -> tuple[RichOutput, FakeTerminal, Ticking]:
    terminal = FakeTerminal(is_terminal=True)
    terminal.width = width
    clock = Ticking()
    environment = {"TERM": "xterm-256color"}
    return RichOutput(terminal, environment, screen_lines=lambda: height, monotonic_s=clock), terminal, clock


def words(text: str) -> list[str]:
    """The text without layout: colours, frames, bullets, and white space gone."""
    bare = SEQUENCE.sub("", text)
    for mark in "─━│┃╷╵╶╴┏┓┗┛╺╸•":
        bare = bare.replace(mark, " ")
    return bare.split()


@pytest.mark.parametrize(
    "record",
    [
        lambda output: output.table(("KEY", "COUNT", "NOTE"), ROWS, "Sessions"),
        lambda output: output.table(("KEY", "COUNT"), []),
        lambda output: output.fields([("Model", "a/b"), ("Path", "/x [y]/z\nand more")], "Status"),
        lambda output: output.fields([("Model", "")]),
        lambda output: output.text("verbatim [bold]text[/bold]\n  indented"),
        lambda output: output.text(""),
        lambda output: output.json({"a": [1, None, "é"]}),
        lambda output: output.notice("a [dim] notice"),
        lambda output: output.diff("--- a\n+++ b\n@@ -1 +1 @@\n-old [x]\n+new\n"),
        lambda output: output.markdown().finish("Only plain words."),
        lambda output: output.text("\x1b[2J \x1b]52;c;aGk=\x07 \x9b2J"),
        lambda output: output.table(("A",), [("\x1b[2J",)]),
        lambda output: output.fields([("A", "\x1b[2J")]),
        lambda output: output.notice("\x1b[2J"),
        lambda output: output.diff("+\x1b[2J"),
    ],
)
def test_drawn_and_plain_output_hold_the_same_records(record):
    drawing, drawn, _ = outputs()
    plain = FakeTerminal(is_terminal=True)
    record(drawing)
    record(PlainOutput(plain))
    assert words(drawn.output) == words(plain.output)
    assert words(drawn.errors) == words(plain.errors)
    for sequence in SEQUENCE.findall(drawn.output + drawn.errors):
        assert sequence.endswith("m"), "only colours may reach the terminal from a record"


def test_results_and_notices_go_to_their_own_streams():
    drawing, terminal, _ = outputs()
    drawing.notice("careful")
    drawing.diff("+x")
    assert terminal.output == ""
    assert words(terminal.errors) == ["careful", "+x"]


def test_notices_are_plain_where_standard_error_is_no_terminal():
    drawing, terminal, _ = outputs()
    terminal.is_error_terminal = False
    drawing.notice("careful")
    drawing.diff("-a\n+b\n")
    assert terminal.errors == "careful\n-a\n+b\n"


def test_json_and_verbatim_text_are_not_coloured():
    drawing, terminal, _ = outputs()
    drawing.json({"a": 1})
    drawing.text("x")
    assert terminal.output == '{"a":1}\nx\n'


def test_colours_follow_the_environment():
    terminal = FakeTerminal(is_terminal=True)
    RichOutput(terminal, {"TERM": "xterm-256color"}).diff("+a")
    assert "\x1b[" in terminal.errors


@pytest.mark.parametrize("height", [5, 24, 200])
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_streamed_answer_ends_as_it_looks_when_it_is_drawn_whole(step, height):
    whole, terminal, _ = outputs()
    expected = Screen(10_000)
    whole.markdown().finish(ANSWER)
    expected.show(terminal.output)

    drawing, terminal, clock = outputs(height=height)
    screen = Screen(height)
    stream = drawing.markdown()
    for start in range(0, len(ANSWER), step):
        terminal.output = ""
        clock.now_s += 1
        stream.feed(ANSWER[start : start + step])
        screen.show(terminal.output)
    terminal.output = ""
    stream.finish(ANSWER)
    screen.show(terminal.output)
    assert words(screen.text()) == words(expected.text())


def test_an_answer_longer_than_the_screen_never_moves_the_cursor_above_it():
    drawing, terminal, clock = outputs(height=10)
    screen = Screen(10)
    stream = drawing.markdown()
    lines = ["```"] + [f"line {number}" for number in range(100)]
    for line in lines:
        terminal.output = ""
        clock.now_s += 1
        stream.feed(line + "\n")
        screen.show(terminal.output)
        assert len(screen.lines) <= 10
    terminal.output = ""
    stream.finish("\n".join(lines) + "\n")
    screen.show(terminal.output)
    assert [word for word in words(screen.text()) if word.isdigit()] == [str(number) for number in range(100)]


def test_the_growing_end_is_shown_before_the_answer_is_finished():
    drawing, terminal, clock = outputs()
    stream = drawing.markdown()
    stream.progress("thinking")
    assert "thinking" in terminal.output
    clock.now_s += 1
    terminal.output = ""
    stream.feed("first words")
    assert "first words" in terminal.output
    assert "thinking" not in terminal.output


def test_drawing_waits_for_the_clock_but_loses_nothing():
    drawing, terminal, _ = outputs()
    stream = drawing.markdown()
    stream.feed("a")
    drawn = len(terminal.output)
    for _ in range(100):
        stream.feed("b")
    assert len(terminal.output) == drawn
    stream.finish("a" + "b" * 100)
    assert "a" + "b" * 79 in terminal.output


def test_a_restart_takes_back_what_can_be_taken_back():
    drawing, terminal, clock = outputs()
    screen = Screen(24)
    stream = drawing.markdown()
    clock.now_s += 1
    stream.feed("wrong")
    stream.restart()
    clock.now_s += 1
    stream.feed("right")
    stream.finish("right")
    screen.show(terminal.output)
    assert words(screen.text()) == ["right"]


def test_a_restart_after_a_finished_block_says_so():
    drawing, terminal, clock = outputs()
    screen = Screen(24)
    stream = drawing.markdown()
    clock.now_s += 1
    stream.feed("wrong\n\nvery wrong\n")
    stream.finish("right")
    screen.show(terminal.output)
    assert words(screen.text()) == ["wrong", "(the", "answer", "starts", "over)", "right"]


def test_a_notice_during_an_answer_stands_above_its_growing_end():
    terminal = OneScreen(is_terminal=True)
    clock = Ticking()
    drawing = RichOutput(terminal, {}, screen_lines=lambda: 24, monotonic_s=clock)
    screen = Screen(24)
    stream = drawing.markdown()
    clock.now_s += 1
    stream.feed("the answer")
    drawing.notice("a tool")
    stream.finish("the answer")
    screen.show(terminal.output)
    assert words(screen.text()) == ["a", "tool", "the", "answer"]


def test_a_stopped_answer_keeps_what_was_said():
    drawing, terminal, clock = outputs()
    screen = Screen(24)
    stream = drawing.markdown()
    stream.progress("thinking")
    clock.now_s += 1
    stream.feed("half an ans")
    stream.stop()
    screen.show(terminal.output)
    assert words(screen.text()) == ["half", "an", "ans"]


def test_a_stop_without_a_word_leaves_nothing():
    drawing, terminal, _ = outputs()
    screen = Screen(24)
    stream = drawing.markdown()
    stream.progress("thinking")
    stream.stop()
    screen.show(terminal.output)
    assert words(screen.text()) == []


def blocks(text: str, step: int) -> list[str]:
    splitter = MarkdownBlocks()
    found = [splitter.feed(text[start : start + step]) for start in range(0, len(text), step)]
    return [*[block for block in found if block], splitter.rest()]


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1000])
def test_blocks_hold_the_whole_text_in_order(step):
    assert "".join(blocks(ANSWER, step)) == ANSWER


def test_blocks_end_where_nothing_can_continue_them():
    found = [block.strip().split("\n")[0] for block in blocks(ANSWER + "\n", 1)]
    assert found == ["# Title", "Some *emphasis* and `code`.", "1. one", "```python", "| h | i |", "The end."]


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_a_fence_ends_only_with_its_like(fence):
    text = f"{fence}\n\nx\n\n{'~~' if fence == '```' else '```'}\n\ny\n{fence}\n\nafter\n"
    assert blocks(text, 1)[-1] == "after\n"
    assert len(blocks(text, 1)) == 2
