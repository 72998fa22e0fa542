"""The completion scripts in the shells themselves: zsh on a pseudo terminal, fish by its own question."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

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

ZSH_DRIVER = r"""
zmodload zsh/zpty
fpath=($HOME $fpath)
autoload -Uz compinit && compinit -u -D
zpty driven zsh -f -i
zpty -w driven "PS1= RPS1= ; unsetopt zle_bracketed_paste; fpath=($HOME \$fpath)"
zpty -w driven "autoload -Uz compinit && compinit -u -D; bindkey '^I' complete-word; bindkey '^U' kill-whole-line"
zpty -w driven "zstyle ':completion:*' list-prompt ''; print READY''NOW"
zpty -r driven line '*READYNOW*'
zpty -n -w driven "$1"$'\t'
zpty -n -w driven $'\C-A print -r -- "<'$'\C-E>"\n'
zpty -r driven line '*<*>*'
print -r -- "$line"
zpty -d driven
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
        ["fish", "--no-config", "-c", f"source weft.fish; complete --do-complete '{line}'"],
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
    (tmp_path / "drive").write_text(ZSH_DRIVER)
    done = subprocess.run(
        ["zsh", "-f", "drive", line],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.defpath, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert f"{line.rpartition(' ')[0]} {expected}" in done.stdout, done.stdout + done.stderr
