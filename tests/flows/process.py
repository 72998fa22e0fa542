"""Runs the real command as a process of its own, in a home of its own and an environment with nothing else in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-I", "-m", "clawft"]
LIMIT_S = 60


def environment(home: Path, **more: str) -> dict[str, str]:
    """What the process is given: a home, a PATH, and what a test adds. No key, no proxy, no locale of ours."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    return {"HOME": str(home), "USERPROFILE": str(home), "PATH": os.defpath} | kept | more


def weft(home: Path, *words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `weft` to its end."""
    return subprocess.run(
        [*COMMAND, *words],
        env=environment(home, **more),
        cwd=home,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=LIMIT_S,
    )


def write_session(home: Path, key: str, records: list[dict[str, object]]) -> Path:
    """A session as an earlier run has left it."""
    folder = home / ".clawft" / "state" / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (key.replace(":", "%3A") + ".jsonl")
    header = {"_type": "metadata", "version": 2, "key": key, "created_at": "2026-11-22T20:15:01.250Z"}
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in [header, *records]]
    path.write_text("".join(lines), encoding="utf-8")
    return path
