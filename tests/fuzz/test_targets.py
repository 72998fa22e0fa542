"""Every seed and every input that once broke a promise, tried without a fuzzer: on every system, in every test run."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from tests.fuzz import run


@pytest.mark.parametrize("target", run.TARGETS)
def test_the_promises_hold_for_every_seed_and_all_that_was_found(target):
    if target == "paths" and sys.platform == "win32":
        pytest.skip("links and pipes in a folder are made for POSIX")
    inputs = run.inputs_of(target)
    assert len(inputs) > len(run.ODD)
    for data in inputs:
        run.module_of(target).check(data)


def test_every_input_that_was_found_has_a_target():
    folders = {path.name for path in run.FOUND.iterdir()} if run.FOUND.is_dir() else set()
    assert folders <= set(run.TARGETS)


def test_a_broken_promise_is_reported(capsys, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert not run.is_kept("sse", 1, 1)
    assert "sse: no inputs, broken" in capsys.readouterr().out


def test_without_the_fuzzer_the_session_says_so_and_fails_where_it_should_be(capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(run, "is_expected_here", lambda: True)
    assert run.main([]) == 1
    monkeypatch.setattr(run, "is_expected_here", lambda: False)
    assert run.main([]) == 0
    assert capsys.readouterr().out.count("Nothing was fuzzed") == 2
