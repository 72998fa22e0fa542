"""The completion scripts in the shells themselves: zsh on a pseudo terminal, fish by its own question."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.programs import program

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    ("weft ag", "agent"),
    ("weft sessions in", "inspect"),
    ("weft agent --no", "--no-stream"),
    ("weft sessions export --format m", "markdown"),
    ("weft completions z", "zsh"),
    ("weft help mem", "memory"),
]

# Ctrl-X writes down what the line has become and leaves: zle takes one key after another, so nothing is timed.
ZSHRC = r"""
fpath=($HOME $fpath)
autoload -Uz compinit && compinit -u -D
unsetopt zle_bracketed_paste
bindkey '^I' complete-word
write_down() { print -r -- "$BUFFER" > $HOME/line; exit }
zle -N write_down
bindkey '^X' write_down
PS1='REA''DY> '
"""


def script(home: Path, shell: str) -> str:
    """What `weft completions SHELL` prints."""
    return subprocess.run(
        [sys.executable, "-I", "-m", "clawft", "completions", shell],
        env={"HOME": str(home), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_fish_completes(tmp_path: Path, line: str, expected: str) -> None:
    (tmp_path / "weft.fish").write_text(script(tmp_path, "fish"))
    done = subprocess.run(
        [program("fish"), "--no-config", "-c", f"source weft.fish; complete --do-complete '{line}'"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.defpath, "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert expected in [offer.split("\t")[0] for offer in done.stdout.splitlines()], done.stdout + done.stderr


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_zsh_completes(tmp_path: Path, line: str, expected: str) -> None:
    (tmp_path / "_weft").write_text(script(tmp_path, "zsh"))
    (tmp_path / ".zshrc").write_text(ZSHRC)
    zsh = program("zsh")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execve(zsh, ["zsh", "-d", "-i"], {"HOME": str(tmp_path), "PATH": os.defpath, "TERM": "xterm"})
    shown = read_until(terminal, b"READY> ")
    os.write(terminal, line.encode() + b"\t\x18")
    shown += read_until(terminal, None)
    os.waitpid(child, 0)
    os.close(terminal)
    assert (tmp_path / "line").read_text().strip() == f"{line.rpartition(' ')[0]} {expected}", shown


def read_until(terminal: int, mark: bytes | None) -> bytes:
    """What a terminal shows up to a mark, or to its end."""
    shown = b""
    while mark is None or mark not in shown:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            piece = b""
        if not piece:
            return shown
        shown += piece
    return shown
