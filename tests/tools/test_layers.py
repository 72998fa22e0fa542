"""The table of imports: planted violations are found wherever an import can hide, and their allowed twins pass."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.layers import MAY_IMPORT, files, imports, layer_of, main, violations

ROOT = Path(__file__).resolve().parents[2]

# A file, an import it may not have, one it may.
TWINS = [
    ("clawft/core/x.py", "from clawft.security import paths", "from clawft.core import errors"),
    ("clawft/core/x.py", "import clawft.host.files", "import json"),
    ("clawft/security/x.py", "from clawft.tools import files", "from clawft.core import errors"),
    (
        "clawft/pipeline/x.py",
        "from clawft.providers import openai",
        "from clawft.core.interfaces import Model",
    ),
    ("clawft/pipeline/x.py", "from clawft.security import paths", "from clawft.pipeline.route import route"),
    ("clawft/providers/x.py", "from clawft.pipeline import route", "from clawft.core import messages"),
    ("clawft/tools/x.py", "from clawft.agent import turn", "from clawft.security import paths"),
    ("clawft/channels/x.py", "from clawft.agent.loop import Loop", "from clawft.core.bus import Bus"),
    ("clawft/services/x.py", "from clawft.tools import files", "from clawft.security import senders"),
    ("clawft/agent/x.py", "from clawft.tools import registry", "from clawft.pipeline import route"),
    ("clawft/agent/x.py", "from clawft.providers import registry", "from clawft.security import paths"),
    ("clawft/app.py", "from clawft.cli import table", "from clawft.channels import console"),
    ("clawft/app.py", "from clawft.host import host", "from clawft.providers import registry"),
    ("clawft/cli/x.py", "from clawft.host import terminal", "from clawft.app import open_app"),
    ("clawft/host/x.py", "from clawft.cli import table", "from clawft.core.interfaces import Runtime"),
    ("clawft/__main__.py", "from tools import layers", "from clawft.host.host import CPythonHost"),
    ("clawft/__init__.py", "from clawft.core import errors", "import sys"),
    ("tools/x.py", "from clawft.core import errors", "from tools import freeze"),
    ("bench/x.py", "from release import plan", "from tools import freeze"),
    ("release/x.py", "import clawft.app", "from bench import gates"),
    ("noxfile.py", "from tools import lock", "import nox"),
    ("tests/portable/test_x.py", "from clawft.host import files", "from clawft.core.fakes import run"),
    (
        "tests/portable/test_x.py",
        "from tests.fakes import model_server",
        "from clawft.cli.parser import parse",
    ),
    ("tools/x.py", "from tests.fakes import model_server", "import ast"),
]


@pytest.mark.parametrize(("path", "denied", "allowed"), TWINS)
def test_an_import_is_judged_by_the_layers_of_both_ends(path: str, denied: str, allowed: str) -> None:
    found = violations(path, denied + "\n")
    assert [str(one).partition(" may not import ")[0] for one in found] == [
        f"{path}:1: {layer_of(_module(path))}"
    ]
    assert violations(path, allowed + "\n") == []


@pytest.mark.parametrize(
    "hidden",
    [
        "def f():\n    from clawft.host import files\n",
        "if TYPE_CHECKING:\n    import clawft.host.files\n",
        "try:\n    pass\nfinally:\n    from clawft.host.files import read as r\n",
        "\nx = __import__('clawft.host')\n",
        "import importlib\nimportlib.import_module('clawft.host.files')\n",
        "\nfrom ..host import files\n",
        "\nfrom .. import host\n",
    ],
)
def test_a_hidden_import_is_found_with_its_line(hidden: str) -> None:
    found = violations("clawft/core/x.py", hidden)
    assert [one.line for one in found] == [4 if "finally" in hidden else 2]
    assert "clawft.host" in str(found[0])


def test_a_violation_names_the_rule_and_what_to_do() -> None:
    (found,) = violations("clawft/core/x.py", "import clawft.app\n")
    assert str(found) == (
        "clawft/core/x.py:1: clawft.core may not import clawft.app; it may import nothing else of ours: take it "
        "through core/interfaces.py, have the caller hand it over, or move the code to a layer that may"
    )


def test_a_new_folder_needs_a_row() -> None:
    (found,) = violations("clawft/utils/x.py", "")
    assert "clawft.utils.x has no row in the table of layers" in str(found)
    assert len(violations("clawft/core/x.py", "from clawft.utils import x\n")) == 1


def test_what_is_not_ours_is_not_judged() -> None:
    assert (
        violations("clawft/core/x.py", "import toolsmith\nfrom testsuite import x\nimport json, clawftish\n")
        == []
    )


def test_no_layer_is_below_itself() -> None:
    for layer, allowed in MAY_IMPORT.items():
        if layer not in {"clawft.__main__", "tests"}:
            assert not [below for below in allowed if layer in MAY_IMPORT.get(below, ())]


def test_names_taken_from_a_module_count_as_part_of_it() -> None:
    tree = ast.parse("from clawft import core, host\nimport a.b as c\n")
    assert list(imports(tree, "clawft")) == [(1, "clawft.core"), (1, "clawft.host"), (2, "a.b")]


def test_every_file_of_ours_is_judged() -> None:
    found = files(ROOT)
    assert {
        "clawft/app.py",
        "clawft/core/errors.py",
        "tools/layers.py",
        "noxfile.py",
        "tests/tools/test_layers.py",
    } <= set(found)
    assert not [path for path in found if path.startswith((".nox/", ".venv/", "build/"))]


def test_the_tree_keeps_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0, capsys.readouterr().out


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
