"""How a command line is read: its words, operators and here-documents, and what is refused or malformed."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.shell_syntax import MOST_ASSIGNMENTS, MOST_COMMANDS, parse_line
from clawft.security.shell_tokens import LINE_LIMIT_BYTES, MOST_PATTERN_WORDS, MOST_REDIRECTIONS, MOST_TOKENS
from clawft.security.shell_words import MalformedCommand, Word

KINDS = ("", "q", "$", "q$", "*", "~")


def word(one: Word) -> str:
    """A word as `kind<text>` for each part that is not plain."""
    return "".join([KINDS[kind] + "<" + text + ">" if kind else text for kind, text in one.parts])


def read(line: str) -> str:
    """All of a command line in one text: connectors, signs, assignments, words, redirections."""
    shown = []
    for pipeline in parse_line(line):
        commands = []
        for command in pipeline.commands:
            words = [name + "=" + word(value) for name, value in command.assignments]
            words += [word(one) for one in command.words]
            words += [str(one.fd) + one.operator + word(one.word) for one in command.redirections]
            commands.append(" ".join(words))
        shown.append(pipeline.connector + ("!" if pipeline.is_negated else "") + " | ".join(commands))
    return " ".join(shown)


def outcome(line: str) -> str:
    try:
        read(line)
    except PolicyDenied as denied:
        return denied.rule
    except MalformedCommand as malformed:
        return malformed.rule
    return "read"


def test_words_and_quotes() -> None:
    for line, expected in (
        ("a b\t c ", "a b c"),
        ("'a b'", "q<a b>"),
        ("a'b'c", "aq<b>c"),
        ("''", "q<>"),
        ('""', "q<>"),
        ("a\\ b", "aq< >b"),
        ("'a\\'", "q<a\\>"),
        ('"a\\"b"', 'q<a"b>'),
        ('"a\\b\\$\\`\\\\"', "q<a\\b$`\\>"),
        ("'a'\\''b'", "q<a'b>"),
        ('"it\'s"', "q<it's>"),
        ("'a\nb'", "q<a\nb>"),
        ("a\\\nb", "ab"),
        ("a \\\n b", "a b"),
        ('"a\\\nb"', "q<ab>"),
        ("'a\\\nb'", "q<a\\\nb>"),
        ("é 'ü' 日", "é q<ü> 日"),
        ("a#b #c", "a#b"),
        ("$'a\\tb\\n\\'\\\\'c", "q<a\tb\n'\\>c"),
        ('"$\'"', "q<$'>"),
        ("# only", ""),
        ("a # b\nc", "a ;c"),
        ("\\# a", "q<#> a"),
        ("a\u00a0b", "a\u00a0b"),
    ):
        assert read(line) == expected, line


def test_variables_patterns_and_tildes() -> None:
    for line, expected in (
        ("$A", "$<A>"),
        ("${A}b", "$<A>b"),
        ('"$A b"', "q<>q$<A>q< b>"),
        ("'$A'", "q<$A>"),
        ("\\$A", "q<$>A"),
        ("$", "$"),
        ("a$ $/ $.", "a$ $/ $."),
        ('"$" "a$"', "q<$> q<a$>"),
        ("*", "*<*>"),
        ("a*?", "a*<*>*<?>"),
        ("[ab]", "*<[ab]>"),
        ("[!a]*", "*<[!a]>*<*>"),
        ("[]a]", "*<[]a]>"),
        ("[ ]", "[ ]"),
        ("[a", "[a"),
        ("[ [a]", "[ *<[a]>"),
        ("a]", "a]"),
        ("'*'", "q<*>"),
        ("\\*", "q<*>"),
        ("~", "~<~>"),
        ("~/a", "~<~>/a"),
        ("a~", "a~"),
        ("'~'", "q<~>"),
        ("''~", "q<>~"),
        ("--a=~", "--a=~"),
        ("{} {a} a}{b", "{} {a} a}{b"),
        ("'{a,b}' \\{a,b} \"{a,b}\"", "q<{a,b}> q<{>a,b} q<{a,b}>"),
    ):
        assert read("x " + line) == "x " + expected, line


def test_operators_join_pipelines() -> None:
    for line, expected in (
        ("a;b", "a ;b"),
        ("a ; b;", "a ;b"),
        ("a\nb\n\n", "a ;b"),
        ("a&&b||c", "a &&b ||c"),
        ("a &&\n\nb", "a &&b"),
        ("a|b | c", "a | b | c"),
        ("a |\nb", "a | b"),
        ("a |\\\n b", "a | b"),
        ("! a | b", "!a | b"),
        ("a && ! b", "a &&!b"),
        ("a !", "a !"),
        ("a if then", "a if then"),
        ("'if' a", "q<if> a"),
        ("A=1 B='x y' a C=2", "A=1 B=q<x y> a C=2"),
        ("'A'=1", "q<A>=1"),
        ("A+=1", "A+=1"),
    ):
        assert read(line) == expected, line
    assert parse_line("a |& b | c")[0].pipes_errors == [True, False, False]


def test_redirections() -> None:
    for line, expected in (
        ("a >b", "a -1>b"),
        ("a>b", "a -1>b"),
        ("a 2>b", "a 2>b"),
        ("a 2 >b", "a 2 -1>b"),
        ("a b2>c", "a b2 -1>c"),
        ("a '2'>b", "a q<2> -1>b"),
        (">b a", "a -1>b"),
        ("a >>b <c >|d", "a -1>>b -1<c -1>|d"),
        ("a 2>&1 >&2", "a 2>&1 -1>&2"),
        ("a &>b &>>c", "a -1&>b -1&>>c"),
        ("a <<<b", "a -1<<<b"),
        ("a <>b", "a -1<>b"),
    ):
        assert read(line) == expected, line


def test_here_documents() -> None:
    for line, expected in (
        ("a <<E\nx $A\nE\nb", "a -1<<q<x >q$<A>q<\n> ;b"),
        ("a <<'E'\nx $A `b`\nE", "a -1<<q<x $A `b`>q<\n>"),
        ("a <<\\E\n$A\nE", "a -1<<q<$A>q<\n>"),
        ('a <<E\n\\$A \\\\ \\x "\nE', 'a -1<<q<$>q<A >q<\\>q< >q<\\x>q< ">q<\n>'),
        ("a <<-E\n\tx\n\tE\nb", "a -1<<-q<x>q<\n> ;b"),
        ("a <<E\nE", "a -1<<"),
        ("a <<E | b\nx\nE", "a -1<<q<x>q<\n> | b"),
        ("a <<E <<F\n1\nE\n2\nF", "a -1<<q<1>q<\n> -1<<q<2>q<\n>"),
        ("a <<E && b\nE\nc", "a -1<< &&b ;c"),
    ):
        assert read(line) == expected, line


def test_what_no_shell_could_run_is_malformed_and_its_neighbour_is_not() -> None:
    for bad, good in (
        ("a 'b", "a 'b'"),
        ('a "b', 'a "b"'),
        ("a $'b\\'", "a $'b\\''"),
        ("a \\", "a \\\\"),
        ("a ${B", "a ${B}"),
        ("a |", "a | b"),
        ("| a", "a"),
        ("a | | b", "a | b"),
        ("a &&", "a && b"),
        ("&& a", "a"),
        ("; a", "a"),
        ("a ; ;", "a ;"),
        ("a ;; b", "a ; b"),
        ("a >", "a > b"),
        ("a > > b", "a > b"),
        ("a > | b", "a > c | b"),
        ("a > ; b", "a > c ; b"),
        ("a <<", "a <<E\nE"),
        ("a <<E", "a <<E\nE"),
        ("a <<E\nx", "a <<E\nx\nE"),
        ("a <<E\nE x", "a <<E\nE x\nE"),
        ("!", "! a"),
        ("! ! a", "! a"),
        ("a | ! b", "! a | b"),
        ("a\0b", "a b"),
        ("a\rb", "a\tb"),
        ("a\x1bb", "a b"),
        ("a\x7f", "a"),
        ("a\u202eb", "a\u200fb"),
        ("a\ud800"[:1] + "\x85", "a"),
    ):
        assert outcome(bad) == "command.malformed", repr(bad)
        assert outcome(good) == "read", repr(good)


def test_what_cannot_be_judged_is_refused_and_its_neighbour_is_not() -> None:
    for rule, bad, good in (
        ("command.substitution", "a $(b)", "a '$(b)'"),
        ("command.substitution", 'a "$(b)"', 'a "\\$(b)"'),
        ("command.substitution", "a `b`", "a \\`b\\`"),
        ("command.substitution", 'a "`b`"', "a '`b`'"),
        ("command.substitution", "a <<E\n$(b)\nE", "a <<'E'\n$(b)\nE"),
        ("command.substitution", "a <<E\n`b`\nE", "a <<E\n\\`b\\`\nE"),
        ("command.substitution", "a $((1))", "a '$((1))'"),
        ("command.substitution", "a <(b)", "a <b"),
        ("command.substitution", "a >(b)", "a >b"),
        ("command.grouping", "(a)", "a"),
        ("command.grouping", "{ a; }", "a {}"),
        ("command.grouping", "a() b", "a '()' b"),
        ("command.grouping", "if a; then b; fi", "a if"),
        ("command.grouping", "[[ a ]]", "[ a ]"),
        ("command.background", "a &", "a"),
        ("command.background", "a & b", "a && b"),
        ("command.brace", "a {b,c}", "a {b}"),
        ("command.brace", "a {1..3}", "a {1.3}"),
        ("command.brace", "a x{'b',c}", "a x'{b,c}'"),
        ("command.variable", "a $1", "a '$1'"),
        ("command.variable", "a $?", "a \\$?"),
        ("command.variable", "a ${b:-c}", "a ${b}"),
        ("command.variable", "a ${#b}", "a $b"),
        ("command.syntax", "a $'\\x41'", "a $'\\t\\\\'"),
        ("command.syntax", "a $'\\e'", "a '\\e'"),
        ("command.syntax", 'a $"b"', 'a "b"'),
        ("command.syntax", "a ~b", "a ~/b"),
        ("command.syntax", "a b=~", "a 'b=~'"),
        ("command.syntax", "a &\\\n& b", "a &&\\\n b"),
        ("command.syntax", "a $\\\nb", "a $b"),
        ("command.syntax", "a <<E\nb\\\nE", "a <<E\nb\\\\\nE"),
        ("command.glob", "a [[:alpha:]]", "a '[[:alpha:]]'"),
        ("command.glob", "a ['b']", "a '[b]'"),
        ("command.redirection", "a 12345>b", "a 12345 >b"),
        ("command.redirection", "a {b}>c", "a {b} >c"),
        ("command.size", "a " + "b" * LINE_LIMIT_BYTES, "a " + "b" * 1000),
        ("command.size", "a" + "; a" * MOST_COMMANDS, "a" + "; a" * (MOST_COMMANDS - 1)),
        ("command.size", "a" + " | a" * MOST_COMMANDS, "a" + " | a" * (MOST_COMMANDS - 1)),
        ("command.size", "a=b " * (MOST_ASSIGNMENTS + 1) + "c", "a=b " * MOST_ASSIGNMENTS + "c"),
        ("command.size", "a" + " b" * MOST_TOKENS, "a" + " b" * (MOST_TOKENS - 1)),
        ("command.size", "a" + " 'b'" * MOST_TOKENS, "a" + " 'b'" * (MOST_TOKENS - 1)),
        ("command.size", "a" + " >b" * (MOST_REDIRECTIONS + 1), "a" + " >b" * MOST_REDIRECTIONS),
        ("command.size", "a" + " b*" * (MOST_PATTERN_WORDS + 1), "a" + " b*" * MOST_PATTERN_WORDS),
    ):
        assert outcome(bad) == rule, repr(bad)
        assert outcome(good) == "read", repr(good)


def test_reading_takes_time_in_proportion() -> None:
    for hostile in (
        "[",
        "{",
        "'",
        '"',
        "\\",
        "$",
        "~",
        "*",
        "a=",
        "<<E ",
        "{,",
        "[a",
        "$A",
        "&&",
        "\n",
        "# ",
    ):
        line = "a " + hostile * (8000 // len(hostile))
        outcome(line)
