"""A session that waits is measured when it waits; one that ends, is silent or fails is never a figure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import idle
from bench.start_up import Subject

if TYPE_CHECKING:
    from pathlib import Path

# Answers as `agent --jsonl` does, and keeps a thousand bytes of every message.
FAKE = f"""#!{sys.executable} -I
import json, sys
assert sys.argv[1:3] == ["agent", "--jsonl"], sys.argv
kept = []
for line in sys.stdin:
    asked = json.loads(line)
    kept.append(b"x" * 1000 * len(asked["chat"][:1]) + bytes([asked["id"] % 256]))
    FAILURE
    print(json.dumps({{"id": asked["id"], "reply": asked["message"], "error": None}}), flush=True)
"""


def agent(folder: Path, failure: str = "pass") -> Subject:
    path = folder / "weft"
    path.write_text(FAKE.replace("FAILURE", failure))
    path.chmod(0o755)
    return Subject("fake", (str(path),))


def test_what_a_message_leaves_behind_is_the_slope_between_few_and_many(tmp_path):
    found = idle.measure(agent(tmp_path), few=1_000, many=11_000)
    assert not found.missing
    values = {f"{one.scenario}/{one.metric}": one.value for one in found.readings}
    assert 900 < values["idle/bytes_per_message"] < 1500
    assert values["idle_11000/idle_rss"] - values["idle_1000/idle_rss"] > 9_000_000
    assert 1_000_000 < values["idle/peak_rss"] < values["idle_1000/idle_rss"]
    assert [len(one.samples) for one in found.readings if one.metric == "peak_rss"] == [idle.TIMES]


def test_a_session_that_fails_is_missing_with_what_it_said(tmp_path):
    for failure, said in (
        ("sys.exit('out of ideas')", "ended after 0 answers: out of ideas"),
        ("print(json.dumps({'id': 0, 'error': 'no model'}), flush=True); continue", "answered {"),
        ("asked['message'] = ''", "answered {"),
    ):
        found = idle.measure(agent(tmp_path, failure), few=2, many=4)
        assert "peak_rss" not in [one.metric for one in found.readings]
        assert found.missing[0].metric == "*"
        assert said in found.missing[0].why


def test_an_emulators_memory_is_nobodys(tmp_path):
    found = idle.measure(agent(tmp_path)._replace(is_emulated=True))
    assert not found.readings
    assert not found.missing
