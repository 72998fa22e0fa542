"""Runs the real command as a process of its own, in a home of its own and an environment with nothing else in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-I", "-m", "clawft"]
LIMIT_S = 60


def use(command: list[str]) -> None:
    """Run another command from here on. FileNotFoundError for one that is not there."""
    found = [shutil.which(command[0]) or command[0], *command[1:]]
    # Every process starts in a home of its own: what is a path from here must be one from there.
    found = [str(Path(word).resolve()) if Path(word).exists() else word for word in found]
    if not Path(found[0]).is_file():
        raise FileNotFoundError(f"--weft: there is no {command[0]}; make it with nox -s build")
    COMMAND[:] = found


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
