"""What a person is shown before a tool runs, and that only a clear yes is one."""

import pytest

from clawft.cli.approval import PROMPT, TerminalApprover, approver_on, shown_arguments, visible
from clawft.core.fakes import FakeTerminal, run


def ask(*lines, arguments='{"path":"a"}'):
    terminal = FakeTerminal(list(lines), is_terminal=True)
    return run(TerminalApprover(terminal).ask("write_file", arguments)), terminal


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("y", "once"),
        (" YES ", "once"),
        ("a", "session"),
        ("always", "session"),
        ("n", "deny"),
        ("", "deny"),
        ("No", "deny"),
    ],
)
def test_a_clear_answer_is_taken(line, answer):
    assert ask(line)[0] == answer


@pytest.mark.parametrize(
    "lines", [[None], [], [KeyboardInterrupt()], ["what", "is", "this", "y"], ["yy", None]]
)
def test_whatever_is_no_clear_yes_is_a_no(lines):
    assert ask(*lines)[0] == "deny"


def test_an_unclear_answer_is_asked_about_again():
    answer, terminal = ask("hm", "y")
    assert answer == "once"
    assert terminal.prompts == [PROMPT, PROMPT]


def test_the_whole_call_is_shown_on_standard_error():
    _, terminal = ask("n", arguments='{"path":"a/b","content":"one\\ntwo","lines":[1,{"x":null}]}')
    assert terminal.errors == (
        "\nThe model wants to use write_file:\n  path: a/b\n  content: one\n    two\n"
        '  lines: [1,{"x":null}]\n'
    )
    assert terminal.output == ""


def test_nothing_shown_can_drive_a_terminal_or_hide():
    hidden = "\x1b[2K\r\x07\x9b\u202e\u200b\u2066\ufeff\U000e0041\x7f\u3164\u00ad"
    shown = visible(hidden)
    assert shown.isascii()
    assert shown.isprintable()
    assert visible("Grüße, 日本 🎉 ñ") == "Grüße, 日本 🎉 ñ"
    assert visible("a\tb") == "a\\u{9}b"


def test_what_is_no_object_is_shown_as_it_is():
    assert shown_arguments("not\x1bjson") == "  not\\u{1b}json\n"
    assert shown_arguments("{}") == "  (no arguments)\n"


def test_only_who_sees_the_question_and_can_answer_is_asked():
    assert approver_on(FakeTerminal(is_terminal=False)) is None
    assert approver_on(FakeTerminal(is_terminal=True)) is not None
    one_way = FakeTerminal(is_terminal=True)
    one_way.is_error_terminal = False
    assert approver_on(one_way) is None
