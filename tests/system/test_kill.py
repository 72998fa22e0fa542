"""kill -9 at any point of a 1,000-message run loses no acknowledged message; strace shows the order of the writes."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 1000
KILLS = 12


def environment(home: Path) -> dict[str, str]:
    """A home of its own, nothing else."""
    return {"HOME": str(home), "PATH": os.defpath}


@pytest.mark.parametrize("seed", range(KILLS))
def test_kill_9_loses_no_acknowledged_message(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - which answer to kill after needs no secrecy
    kill_after = chance.randrange(1, MESSAGES)
    chats = chance.choice([1, 4, 16])
    argv = [sys.executable, "-I", "-m", "clawft", "agent", "--jsonl"]
    lines = [
        json.dumps({"id": n, "chat": f"c{n % chats}", "message": f"message number {n}"}) + "\n"
        for n in range(MESSAGES)
    ]
    source = tmp_path / "lines.jsonl"
    source.write_text("".join(lines))
    acknowledged: list[dict[str, object]] = []
    with source.open("rb") as stdin:
        process = subprocess.Popen(argv, env=environment(tmp_path), stdin=stdin, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith(b"\n"):
            acknowledged.append(json.loads(line))
        if len(acknowledged) == kill_after:
            process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert kill_after <= len(acknowledged)
    # What the last one wrote may be torn anywhere: tear it further, as a power cut would.
    torn = min((tmp_path / ".clawft/state/sessions").glob("*.jsonl"))
    with torn.open("ab") as session:
        session.write(b'{"role":"user","content":"never acknowl')
    again = subprocess.run(
        argv,
        env=environment(tmp_path),
        input="".join(
            json.dumps({"id": f"again {c}", "chat": f"c{c}", "message": "still there?"}) + "\n"
            for c in range(chats)
        ),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert len(again.stdout.splitlines()) == chats
    assert "recovered" in again.stderr
    assert torn.name in again.stderr
    stored: set[str] = set()
    replies = 0
    for path in (tmp_path / ".clawft/state/sessions").glob("*.jsonl"):
        for stored_line in path.read_text().splitlines():
            record = json.loads(stored_line)
            if record.get("role") == "user":
                stored.add(record["content"])
            elif record.get("role") == "assistant":
                replies += 1
    for answer in acknowledged:
        assert f"message number {answer['id']}" in stored
    assert replies >= len(acknowledged) + chats


def test_disk_provider_disk_output_is_the_order_of_a_turn(tmp_path: Path) -> None:
    """The question is synced before the model is called, the answer before it is printed."""
    from tests.fakes.model_server import ModelServer

    log = tmp_path / "strace.txt"
    with ModelServer([{"text": "the-answer"}]) as server:
        subprocess.run(
            [
                "strace",
                "-f",
                "-s",
                "400",
                "-e",
                "trace=write,writev,sendto,sendmsg,fdatasync,fsync,connect",
                "-o",
                log,
                sys.executable,
                "-I",
                "-m",
                "clawft",
                "agent",
                "-m",
                "the-question",
            ],
            env=environment(tmp_path)
            | {
                "CLAWFT__PROVIDERS__CUSTOM__API_BASE": server.base_url,
                "CLAWFT__PROVIDERS__CUSTOM__API_KEY": "k",
                "CLAWFT__AGENTS__DEFAULTS__MODEL": "custom/fake-large",
            },
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=120,
        )
    lines = log.read_text(errors="replace").splitlines()

    def first(pattern: str, after: int = -1) -> int:
        for index, line in enumerate(lines):
            if index > after and re.search(pattern, line):
                return index
        raise AssertionError(f"no {pattern} after line {after} of:\n" + "\n".join(lines[-60:]))

    question = first(r"write\(\d+, .*the-question")
    synced = first(r"fdatasync\(\d+\)\s+= 0|fsync\(\d+\)\s+= 0", question)
    handle = re.search(r"write\((\d+),", lines[question])
    assert handle is not None
    assert f"sync({handle[1]})" in lines[synced]
    called = first(r"connect\(\d+, \{sa_family=AF_INET, sin_port=htons\(" + str(server.port))
    assert question < synced < called, "the model was called before the question was on disk"
    answer = first(r"write\([3-9]\d*, .*the-answer", called)
    synced = first(r"fdatasync\(\d+\)\s+= 0|fsync\(\d+\)\s+= 0", answer)
    printed = first(r"write\(1, .*the-answer")
    assert answer < synced < printed, "the answer was shown before it was on disk"
