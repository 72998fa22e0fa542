"""Lowering keeps behaviour and lines, and takes away what exists only for readers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.freeze import LowerError, lower

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("source", "lowered"),
    [
        ("from __future__ import annotations\nx = 1\n", "\nx = 1\n"),
        ("from typing import TYPE_CHECKING, Any\nx = 1\n", "\nx = 1\n"),
        ('"""What it is."""\nx = 1\n', "\nx = 1\n"),
        ('"""What it is,\nand more."""\nx = 1\n', "\n\nx = 1\n"),
        ("def f(a: int, *b: str, c: float = 1.5, **d: bool) -> None:\n    return a\n", None),
        ('def f():\n    """Only this."""\n', "def f():\n    pass\n"),
        ('def f():\n    """One."""; return 2\n', "def f():\n    pass; return 2\n"),
        ("x: int = 3\n", "x = 3\n"),
        ("x: int\ny = 1\n", "\ny = 1\n"),
        ("class A:\n    x: int\n", "class A:\n    pass\n"),
        ("if TYPE_CHECKING:\n    import os\n\nx = 1\n", "\n\n\nx = 1\n"),
        ("if TYPE_CHECKING:\n    A = int\nelse:\n    A = 3\n", "if False:\n    A = int\nelse:\n    A = 3\n"),
        ("def f():\n    if TYPE_CHECKING:\n        import os\n", "def f():\n    pass\n\n"),
        ("x = 1 if TYPE_CHECKING else 2\n", "x = 1 if False else 2\n"),
        ("é: str = 'ü'  # ö\n", "é = 'ü'  # ö\n"),
    ],
)
def test_what_is_only_for_readers_goes(source: str, lowered: str | None) -> None:
    if lowered is None:
        lowered = "def f(a, *b, c = 1.5, **d) :\n    return a\n"
    assert lower(source) == lowered


def test_text_that_is_not_a_docstring_stays() -> None:
    source = 'def f():\n    x = 1\n    "kept"\n    if x:\n        "kept as well"\n    return """kept\n"""\n'
    assert lower(source) == source


@pytest.mark.parametrize(
    "source",
    [
        "def f(\n    a: dict[\n        str, int\n    ] = {},\n) -> list[\n    int\n]:\n    return [a]\nresult = f()\n",
        "def f(a: (int), b: (  # why ) ->\n    str) = 'x') -> (\n    str):\n    return b\nresult = f(1)\n",
        "x: dict[\n    str, int\n] = {'a': 1}\nresult = x\n",
        "class A:\n    '''Doc.'''\n    def f(self) -> A:\n        '''Doc.'''\n        return 3\nresult = A().f()\n",
        "def f() -> None: 'Doc.'\nresult = f()\n",
        "def f(a: str = ')') -> str: return a\nresult = f()\n",
        "(x): int = 4\nresult = x\n",
        "f = lambda a: a\nresult = [y for y in {1: 2}][0:1]\n",
    ],
)
def test_behaviour_and_lines_stay(source: str) -> None:
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    future = "from __future__ import annotations\n"
    exec(compile(future + source, "before", "exec"), before)  # noqa: S102 - running both is the test
    lowered = lower(future + source)
    exec(compile(lowered, "after", "exec"), after)  # noqa: S102 - as above
    assert after["result"] == before["result"]
    assert lowered.count("\n") == source.count("\n") + 1
    assert "annotations" not in lowered


def test_an_error_keeps_its_line() -> None:
    source = '"""Doc\n\n"""\nfrom __future__ import annotations\n\n'
    source += "def f(\n    a: list[\n        int]\n) -> None:\n    1 / a\n"
    scope: dict[str, object] = {}
    exec(compile(lower(source), "lowered", "exec"), scope)  # noqa: S102 - running it is the test
    function = scope["f"]
    assert callable(function)
    with pytest.raises(ZeroDivisionError) as caught:
        function(0)
    assert caught.tb.tb_next is not None
    assert caught.tb.tb_next.tb_lineno == 10


def test_a_typing_name_used_at_run_time_is_refused_with_its_line() -> None:
    with pytest.raises(LowerError, match="cast comes from typing and is used at run time") as caught:
        lower("from typing import cast\n\nx = cast('int', 3)\n")
    assert caught.value.line == 3


def test_a_typing_name_used_in_annotations_only_is_fine() -> None:
    assert lower("from typing import Any\ndef f(a: Any) -> Any: return a\n").strip() == "def f(a) : return a"


@pytest.mark.parametrize("path", sorted(ROOT.glob("clawft/core/*.py")), ids=lambda path: path.name)
def test_every_core_file_lowers_to_the_same_tree_without_annotations(path: Path) -> None:
    lowered = lower(path.read_text("utf-8"))
    tree = ast.parse(lowered)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation is not None]
    assert lower(lowered) == lowered
