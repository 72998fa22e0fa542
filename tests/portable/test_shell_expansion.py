"""What words become: values, fields, home, and the names that patterns match."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.shell_expansion import Expander
from clawft.security.shell_syntax import parse_line

VALUES = {"A": "a b", "E": "", "S": " x  y ", "T": "*", "HOME": "/home/me", "LC_ALL": "C"}
TREE = {
    "": ["b.txt", "a.txt", ".hid", "-rf", "sub", "x y", "[z]"],
    "sub": ["c.txt", "d.py", "deep"],
    "sub/deep": ["e.txt"],
}


def fields(text: str, folder: str = "") -> list[str]:
    expander = Expander(VALUES, ("/place",), TREE.get, folder)
    found: list[str] = []
    for word in parse_line("x " + text)[0].commands[0].words[1:]:
        found += expander.fields(word)
    return found


def refused(text: str, *, has_names: bool = True) -> str:
    expander = Expander(VALUES, ("/place",), (TREE.get) if has_names else None)
    try:
        for word in parse_line("x " + text)[0].commands[0].words[1:]:
            expander.fields(word)
    except PolicyDenied as denied:
        return denied.rule
    return ""


def test_values_are_split_into_fields_unless_quoted() -> None:
    for text, expected in (
        ("$A", ["a", "b"]),
        ('"$A"', ["a b"]),
        ("x$A", ["xa", "b"]),
        ("$A$A", ["a", "ba", "b"]),
        ("$A'c d'", ["a", "bc d"]),
        ("$E", []),
        ('"$E"', [""]),
        ("$E''", [""]),
        ("x$E", ["x"]),
        ("$S", ["x", "y"]),
        ("a${S}b", ["a", "x", "y", "b"]),
        ("$E$E", []),
        ('"$T"', ["*"]),
        ("~", ["/home/me"]),
        ("~/a", ["/home/me/a"]),
        ("'~'", ["~"]),
        ("${LC_ALL}", ["C"]),
        ("$LC_TIME", []),
        ("$TERM", []),
    ):
        assert fields(text) == expected, text


def test_patterns_become_the_names_that_are_there() -> None:
    for text, expected in (
        ("*.txt", ["a.txt", "b.txt"]),
        ("*", ["./-rf", "[z]", "a.txt", "b.txt", "sub", "x y"]),
        ("?.txt", ["a.txt", "b.txt"]),
        ("[!a].txt", ["b.txt"]),
        ("[^a].txt", ["b.txt"]),
        ("[a-b].*", ["a.txt", "b.txt"]),
        (".h*", [".hid"]),
        ("*/*.txt", ["sub/c.txt"]),
        ("sub/*", ["sub/c.txt", "sub/d.py", "sub/deep"]),
        ("sub//*.py", ["sub//d.py"]),
        ("./*.txt", ["./a.txt", "./b.txt"]),
        ("*/", ["sub/"]),
        ("s*/.", ["sub/."]),
        ("/place/*.txt", ["/place/a.txt", "/place/b.txt"]),
        ("**.txt", ["a.txt", "b.txt"]),
        ("*/*/*", ["sub/deep/e.txt"]),
        ("none*", ["none*"]),
        ("'*'.txt", ["*.txt"]),
        ("-*", ["-*"]),
        ("*'x'*", ["a.txt", "b.txt", "x y"]),
        ('"["z]', ["[z]"]),
    ):
        assert fields(text) == expected, text
    assert fields("*.txt", "sub") == ["c.txt"]


def test_what_cannot_be_known_or_lies_outside_is_refused() -> None:
    for rule, bad, good in (
        ("command.variable", "$OPENAI_API_KEY", "$TZ"),
        ("command.variable", "$IFS", "$A"),
        ("command.variable", "$T", '"$T"'),
        ("path.outside", "/etc/*", "'/etc/*'"),
        ("path.outside", "../*", "'../*'"),
        ("path.outside", "~/*", "'~/*'"),
        ("command.glob", ".*", ".h*"),
        ("command.glob", ".?", ".?x"),
        ("command.glob", "a/.[.]", "a/.[a]"),
    ):
        for has_names in (True, False):
            assert refused(bad, has_names=has_names) == rule, bad
            assert refused(good, has_names=has_names) == "", good


def test_without_names_a_pattern_stays_one() -> None:
    expander = Expander(VALUES)
    assert expander.fields(parse_line("x *.txt")[0].commands[0].words[1]) == ["*.txt"]
