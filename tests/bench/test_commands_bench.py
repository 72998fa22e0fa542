"""What judging a command costs, by its length. `pytest tests/bench/test_commands_bench.py`; asserts no time.

Each shape comes in two lengths: the longer takes eight times as long, more or less, or something is not linear.
"""

from __future__ import annotations

import pytest

from clawft.security.commands import CommandPolicy
from clawft.security.shell_syntax import MOST_COMMANDS

SHAPES = {
    "one long word": ("echo ", "x", ""),
    "quoted text": ('echo "', "some text ", '"'),
    "words": ("echo ", "some-word ", ""),
    "paths": ("cat ", "src/main.py ", ""),
    "options": ("ls ", "--reverse ", ""),
    # The longest stay below the limit on commands.
    "pipeline": ("cat f", " | sort -n" + " " * 290, ""),
    "list": ("ls", "; ls -la src/some/rather/long/path/of/a/file.py src/another/file.py", ""),
    "here-document": ("cat <<E\n", "a line of text\n", "E\n"),
    "expression": ("find . ", "-name a_rather_long_name.py -o ", "-true"),
    "brackets": ("echo ", "[", ""),
    # At the limits on redirections and patterns, with words for the rest.
    "redirections": ("ls" + " >f" * 64 + " ", "src/longer ", ""),
    "patterns": ("echo" + " a*" * 64 + " ", "some-word ", ""),
    "escapes": ("echo ", "\\x", ""),
    "sed": ("sed '", "s/a/b/g;", "' f"),
    "awk": ("awk '{", "print $1 / 2; ", "}' f"),
}
LENGTHS_BYTES = (512, 4096)


@pytest.mark.parametrize("length_bytes", LENGTHS_BYTES)
@pytest.mark.parametrize("shape", SHAPES)
def test_judge_a_line(benchmark, shape, length_bytes):
    start, middle, end = SHAPES[shape]
    line = start + middle * ((length_bytes - len(start) - len(end)) // len(middle)) + end
    policy = CommandPolicy("allowlist", ["awk", "cat", "echo", "find", "ls", "sed", "sort"])
    benchmark.group = shape
    plan = benchmark(policy.judge_line, line)
    assert plan.pipelines


def test_judge_a_line_of_the_most_commands(benchmark):
    line = "; ".join(["ls -la"] * MOST_COMMANDS)
    assert len(benchmark(CommandPolicy().judge_line, line).pipelines) == MOST_COMMANDS


def test_make_a_policy(benchmark):
    assert benchmark(CommandPolicy).mode == "allowlist"
