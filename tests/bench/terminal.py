"""Measures a conversation that waits for its first line, on a (pseudo) terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
from pathlib import Path

from tests.bench.measured import environment

LIMIT_S = 30
PROMPT = b"> "


def idle_kib(weft: list[str], home: Path) -> int:
    """What is resident once the prompt has come up and the process sleeps."""
    master, slave = pty.openpty()
    env = environment(home, TERM="xterm", COLUMNS="80")
    process = subprocess.Popen(
        [*weft, "agent"], env=env, cwd=home, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        seen = b""
        while PROMPT not in seen:
            ready, _, _ = select.select([master], [], [], LIMIT_S)
            if not ready:
                raise SystemExit(f"weft agent showed no prompt, but {seen[-2000:]!r}")
            seen += os.read(master, 65536)
        while _status(process.pid, "State:")[0] != "S":
            pass
        return int(_status(process.pid, "VmRSS:")[0])
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _status(pid: int, name: str) -> list[str]:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(line.split()[1:] for line in lines if line.startswith(name))
