"""The tree of imports is what CPython wrote, and an install that does not start has none."""

from __future__ import annotations

import sys

import pytest

from bench.import_times import arms, lines, main, of_start, total_s, tree
from bench.launcher import CannotRun
from bench.slices import SliceFailed
from bench.start_up import VERSION, Subject, cpython_subject

SAID = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |   codecs
import time:       250 |        250 |     encodings.aliases
import time:        50 |        300 |   encodings.utf_8
import time:       200 |        600 | encodings
weft 0.1.0
import time:         4 |          4 | clawft
"""


def test_a_module_stands_behind_what_it_imports():
    encodings, clawft = tree(SAID)
    assert (encodings.name, encodings.own_s, encodings.total_s) == ("encodings", 200e-6, 600e-6)
    assert [module.name for module in encodings.imported] == ["codecs", "encodings.utf_8"]
    assert [module.name for module in encodings.imported[1].imported] == ["encodings.aliases"]
    assert clawft.imported == []
    assert total_s([encodings, clawft]) == pytest.approx(604e-6)


def test_the_tree_is_shown_without_what_takes_next_to_nothing():
    assert list(lines(tree(SAID), 200e-6)) == [
        "    0.60     0.20  encodings",
        "    0.30     0.05    encodings.utf_8",
        "    0.25     0.25      encodings.aliases",
    ]


def test_nothing_and_a_cut_line_are_no_tree():
    with pytest.raises(CannotRun, match="no times of imports"):
        tree("weft 0.1.0\n")
    with pytest.raises(CannotRun, match="which is no time of an import"):
        tree(SAID[:-12])


def test_the_start_of_the_installed_agent_has_its_modules(tmp_path):
    found = of_start(cpython_subject(), VERSION, tmp_path)
    assert "clawft.__main__" in [module.name for module in found]
    (run,) = arms({"B": cpython_subject()}, tmp_path).values()
    assert 0 < run()["import_time"] < 60


def test_what_does_not_start_is_told(tmp_path):
    (tmp_path / "weft").write_text("import sys; sys.exit('no idea')")
    (tmp_path / "python").symlink_to(sys.executable)
    subject = Subject("cpython", (str(tmp_path / "weft"),))
    with pytest.raises(CannotRun, match=r"ended with 1: (?s:.*)no idea"):
        of_start(subject, VERSION, tmp_path)
    with pytest.raises(SliceFailed, match="no idea"):
        arms({"B": subject}, tmp_path)["B"]()
    with pytest.raises(CannotRun, match="No such file"):
        of_start(Subject("cpython", (str(tmp_path / "none" / "weft"),)), VERSION, tmp_path)


def test_the_command_prints_the_tree(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["total", "ms", "own", "ms", "module"]
    assert shown[-1].endswith(" in all")
