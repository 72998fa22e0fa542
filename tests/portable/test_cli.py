"""The command line on both runtimes: parsing, help, dispatch, plain output, the commands over the fake world."""

from __future__ import annotations

from clawft.cli.help import help_page
from clawft.cli.main import handler_of, run
from clawft.cli.parser import parse
from clawft.cli.plain_output import PlainOutput
from clawft.cli.pretty_json import pretty_json
from clawft.cli.session_totals import SessionTotals, cost_text
from clawft.cli.status import confinement_text
from clawft.cli.table import ROOT, leaves
from clawft.cli.turn_view import call_text
from clawft.core.compat import json_value
from clawft.core.display import columns_of, cut_to, one_line, printable
from clawft.core.errors import UsageError
from clawft.core.fakes import FakeHost, FakeTerminal


def usage_error(words):
    try:
        parse(words)
    except UsageError as error:
        return error.message
    raise AssertionError("no UsageError for " + str(words))


def test_options_may_stand_before_and_after_their_command():
    call = parse(["-v", "-c", "a.json", "sessions", "list", "-n", "3", "--json"])
    assert call.command.path == ("sessions", "list")
    assert call.flag("verbose")
    assert call.text("config") == "a.json"
    assert call.integer("limit") == 3
    assert call.flag("json")


def test_every_way_to_write_a_value_means_the_same():
    for words in (
        ["-m", "hi"],
        ["-mhi"],
        ["-m=hi"],
        ["--message", "hi"],
        ["--message=hi"],
        ["-vm", "hi"],
        ["-vmhi"],
    ):
        assert parse(["agent"] + words).texts("message") == ["hi"]


def test_a_value_may_begin_with_a_dash_unless_it_is_an_option():
    assert parse(["agent", "-m", "-"]).texts("message") == ["-"]
    assert parse(["agent", "-m", "-5 degrees"]).texts("message") == ["-5 degrees"]
    assert parse(["agent", "--message=--json"]).texts("message") == ["--json"]
    assert "found the option --json" in usage_error(["agent", "-m", "--json"])


def test_values_keep_equals_signs_and_blanks():
    assert parse(["agent", "--message=a=b c"]).texts("message") == ["a=b c"]
    assert parse(["--set", "a.b=c=d", "status"]).texts("set") == ["a.b=c=d"]


def test_repeatable_options_keep_every_value_and_others_the_last():
    call = parse(["agent", "-m", "a", "--model", "x", "-m", "b", "--model", "y"])
    assert call.texts("message") == ["a", "b"]
    assert call.text("model") == "y"


def test_defaults_hold_where_nothing_is_given():
    call = parse(["agent"])
    assert call.text("session") == "cli-session"
    assert call.text("model") is None
    assert call.integer("max_concurrent") == 16
    assert call.texts("message") == []


def test_after_two_dashes_everything_is_an_argument():
    call = parse(["memory", "search", "--", "--json"])
    assert call.arguments == ["--json"]
    assert not call.flag("json")


def test_help_anywhere_wins_over_what_is_missing():
    call = parse(["sessions", "inspect", "-h"])
    assert call.is_help
    assert call.command.path == ("sessions", "inspect")
    assert parse(["-h", "nonsense"]).is_help


def test_mistakes_name_the_option_and_what_was_expected():
    assert "--limit: expected a whole number of at least 0, found 'x'" in usage_error(
        ["sessions", "list", "--limit", "x"]
    )
    assert "at least 1, found '0'" in usage_error(["memory", "search", "x", "-n", "0"])
    assert "whole number" in usage_error(["sessions", "list", "-n", "1_0"])
    assert "-n needs a value: -n N" in usage_error(["sessions", "list", "-n"])
    assert "--json takes no value, found 'yes'" in usage_error(["status", "--json=yes"])
    assert "expected one of jsonl, json, markdown" in usage_error(["sessions", "export", "x", "-f", "xml"])
    assert "KEY is missing" in usage_error(["sessions", "inspect"])
    assert "unexpected argument 'b'" in usage_error(["sessions", "inspect", "a", "b"])
    assert 'expected TEXT, found ""' in usage_error(["agent", "-m", ""])


def test_misspelt_words_are_answered_with_the_near_ones():
    assert "did you mean sessions?" in usage_error(["sesions"])
    assert "did you mean list?" in usage_error(["sessions", "lst"])
    assert "did you mean --message?" in usage_error(["agent", "--mesage", "x"])
    assert "did you mean markdown?" in usage_error(["sessions", "export", "x", "--format", "markdwn"])
    assert "belongs after weft agent" in usage_error(["-m", "x", "agent"])
    assert "use -m 'hi'" in usage_error(["agent", "hi"])


def test_each_page_of_help_names_all_its_options_and_fits_a_screen_width():
    for command in [ROOT] + leaves():
        page = help_page(command)
        for option in command.options:
            for name in option.names:
                assert name in page, name
        for argument in command.arguments:
            assert argument.name in page
        for line in page.split("\n"):
            assert len(line) <= 96, line
        assert "Exit codes:" in page
        assert "Usage: weft" in page


def test_every_command_of_the_table_has_a_handler_and_an_example():
    for command in leaves():
        assert handler_of(command.handler) is not None
        assert command.examples, command.path


def test_a_wrong_command_line_is_exit_code_2_and_nothing_on_standard_output():
    host = FakeHost()
    assert run(["nonsense"], host) == 2
    assert host.terminal.output == ""
    assert host.terminal.errors.startswith("weft: error: weft: unknown command 'nonsense'")


def test_without_a_command_help_goes_to_standard_error():
    host = FakeHost()
    assert run([], host) == 2
    assert host.terminal.output == ""
    assert "Usage: weft" in host.terminal.errors
    assert run(["memory"], host) == 2
    assert "weft memory needs one of these commands" in host.terminal.errors


def test_help_and_version_go_to_standard_output():
    host = FakeHost()
    assert run(["help", "sessions", "export"], host) == 0
    assert host.terminal.output == help_page(leaves()[4])
    host = FakeHost()
    assert run(["sessions", "--version"], host) == 0
    assert host.terminal.output.startswith("weft ")


def test_status_lists_what_is_left_out_and_nothing_where_nothing_is():
    host = FakeHost(features={"exec": True, "vectors": False})
    assert run(["status"], host) == 0
    assert "Left out: vectors" in " ".join(host.terminal.output.split())
    host = FakeHost(features={"exec": True})
    assert run(["status"], host) == 0
    assert "Left out" not in host.terminal.output


def test_status_says_what_confines_commands_and_that_nothing_does():
    host = FakeHost()
    assert run(["status"], host) == 0
    told = " ".join(host.terminal.output.split())
    assert "Confinement: none: this system has no Landlock and no seccomp" in told
    host = FakeHost()
    assert run(["status", "--json"], host) == 0
    assert json_value(host.terminal.output)["confinement"] == {"landlock": 0, "seccomp": False}
    assert confinement_text({"landlock": 7, "seccomp": True}) == "Landlock 7, seccomp"
    assert confinement_text({"landlock": 0, "seccomp": True}).startswith(
        "seccomp; no Landlock in this kernel"
    )


def test_status_as_json_says_of_each_feature_whether_it_is_here():
    host = FakeHost(features={"exec": True, "vectors": False})
    assert run(["status", "--json"], host) == 0
    assert json_value(host.terminal.output)["features"] == {"exec": True, "vectors": False}


def test_a_closed_output_ends_quietly():
    host = FakeHost()
    host.terminal.is_output_closed = True
    assert run(["--help"], host) == 141
    assert host.terminal.errors == ""


def test_an_unforeseen_error_asks_for_a_report_and_shows_its_trace_only_when_asked():
    class Broken(FakeHost):
        def run_blocking(self, work):
            raise KeyError("surprise")

    host = Broken()
    assert run(["status"], host) == 1
    assert "unforeseen KeyError" in host.terminal.errors
    assert "please report it" in host.terminal.errors
    assert "Traceback" not in host.terminal.errors
    assert run(["status", "-v"], host) == 1
    assert "Traceback" in host.terminal.errors


def test_an_interrupt_is_exit_code_130():
    class Interrupted(FakeHost):
        def run_blocking(self, work):
            raise KeyboardInterrupt

    host = Interrupted()
    assert run(["status"], host) == 130
    assert host.terminal.errors == "weft: interrupted\n"


def test_tables_are_aligned_by_columns_on_the_screen():
    terminal = FakeTerminal()
    PlainOutput(terminal).table(("NAME", "SIZE"), [("日本", "1"), ("a\nb", "22")])
    assert terminal.output == "NAME  SIZE\n日本  1\na b   22\n"


def test_cells_are_cut_on_a_terminal_and_whole_in_a_pipe():
    terminal = FakeTerminal(is_terminal=True)
    terminal.width = 20
    PlainOutput(terminal).table(("A", "B"), [("short", "x" * 50)])
    for line in terminal.output.split("\n"):
        assert columns_of(line) < 20
    assert "…" in terminal.output
    pipe = FakeTerminal()
    PlainOutput(pipe).table(("A", "B"), [("short", "x" * 50)])
    assert "x" * 50 in pipe.output


def test_fields_line_up_and_long_values_go_on_below():
    terminal = FakeTerminal()
    PlainOutput(terminal).fields([("A", "1"), ("Long", "x\ny")], "Title")
    assert terminal.output == "Title\n  A:     1\n  Long:  x\n         y\n"


def test_a_terminal_is_never_handed_control_characters():
    terminal = FakeTerminal(is_terminal=True)
    output = PlainOutput(terminal)
    stream = output.markdown()
    stream.feed("\x1b]52;c;aGk=\x07")
    stream.finish("\x1b]52;c;aGk=\x07\x9b2J")
    output.text("\x1b[2J")
    output.notice("\x1b[2J")
    assert "\x1b" not in terminal.output + terminal.errors
    assert "\x9b" not in terminal.output
    assert "\x07" not in terminal.output


def test_a_pipe_is_handed_text_as_it_is():
    terminal = FakeTerminal()
    PlainOutput(terminal).text("a\x1b[1mb\n")
    assert terminal.output == "a\x1b[1mb\n"


def test_a_pipe_gets_an_answer_only_when_it_is_complete():
    terminal = FakeTerminal()
    stream = PlainOutput(terminal).markdown()
    stream.feed("Hel")
    stream.restart()
    stream.feed("Good")
    assert terminal.output == ""
    stream.finish("Good day")
    assert terminal.output == "Good day\n"
    assert terminal.errors == ""


def test_a_pipe_gets_nothing_of_an_answer_that_failed():
    terminal = FakeTerminal()
    stream = PlainOutput(terminal).markdown()
    stream.feed("Hel")
    stream.stop()
    assert terminal.output == ""


def test_a_plain_terminal_shows_an_answer_as_it_grows():
    terminal = FakeTerminal(is_terminal=True)
    stream = PlainOutput(terminal).markdown()
    stream.feed("Hel")
    assert terminal.output == "Hel"
    stream.feed("lo")
    stream.finish("Hello")
    assert terminal.output == "Hello\n"


def test_a_plain_terminal_says_when_an_answer_starts_over():
    terminal = FakeTerminal(is_terminal=True)
    stream = PlainOutput(terminal).markdown()
    stream.feed("Hel")
    stream.finish("Good day")
    assert terminal.output == "Hel\nGood day\n"
    assert terminal.errors == "(the answer starts over)\n"


def test_widths_cuts_and_lines():
    assert columns_of("abc") == 3
    assert columns_of("日本語") == 6
    assert columns_of("e\u0301") == 1
    assert columns_of("😀") == 2
    assert cut_to("abcdef", 4) == "abc…"
    assert cut_to("日本語", 5) == "日本…"
    assert cut_to("abc", 3) == "abc"
    assert one_line(" a \n\t b\r\n") == "a b"
    assert printable("a\r\nb\tc") == "a\r\nb\tc".replace("\r\n", "\n")
    assert printable("a\x00b") == "a\ufffdb"


def test_pretty_json_reads_back_as_the_same_value():
    from clawft.core.compat import json_value

    value = {"a": {"b": [1, 2], "c": {}}, "d": [{"e": None}], "f": "\u00e9\n", "g": []}
    text = pretty_json(value)
    assert json_value(text) == value
    assert '\n  "a": {\n    ' in text
    assert '\n    "b": [1,2]' in text
    assert '"d": [\n    {\n      "e": null\n    }\n  ]' in text


def test_totals_are_unknown_when_any_price_is():
    known = {"role": "assistant", "usage": {"input_tokens": 3, "output_tokens": 2, "cost_usd": 0.5}}
    unknown = {"role": "assistant", "usage": {"input_tokens": 1, "output_tokens": 1, "cost_usd": None}}
    totals = SessionTotals([known, known, {"role": "tool"}, {"role": "assistant", "error": True}])
    assert totals.usage.cost_usd == 1.0
    assert totals.usage.input_tokens == 6
    assert (totals.messages, totals.model_calls, totals.tool_calls, totals.errors) == (4, 2, 1, 1)
    assert SessionTotals([known, unknown]).usage.cost_usd is None
    assert cost_text(0.25) == "$0.2500"
    assert cost_text(None).startswith("unknown")


def test_a_tool_call_is_shown_by_what_it_is_about():
    assert call_text("read_file", '{"limit":3,"path":"notes.md"}') == "read_file notes.md"
    assert call_text("odd", '{"x":1}') == 'odd {"x":1}'
    assert call_text("odd", "not json") == "odd"
    assert len(call_text("read_file", '{"path":"' + "x" * 500 + '"}')) == 72
