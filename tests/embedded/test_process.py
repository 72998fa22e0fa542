"""The command line of the executables as a process, over the stand-in: the joints that only a whole run shows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from clawft.core.version import version
from tests.fakes.host_files import HostFiles
from tests.fakes.model_server import ModelServer

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.native.fake_weft_process"]


def start(home, *words, **more):
    # A folder of its own for the process, and the tree's modules all the same.
    environment = {"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": str(ROOT), **more}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*COMMAND, *words], cwd=home, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )


def weft(home, *words, given=b"", **more):
    process = start(home, *words, **more)
    output, errors = process.communicate(given, timeout=60)
    return output.decode(), errors.decode(), process.returncode


def test_version_and_help_need_no_home(tmp_path):
    assert weft(tmp_path, "--version") == ("weft " + version(HostFiles()) + "\n", "", 0)
    output, _, code = weft(tmp_path, "--version", "--verbose")
    assert code == 0
    assert "micropython 1.25.0\n" in output
    assert "Usage: weft" in weft(tmp_path, "--help")[0]
    assert list(tmp_path.iterdir()) == []


def test_an_argument_that_is_not_text_is_a_mistake_of_usage(tmp_path):
    process = subprocess.run(
        [*COMMAND, "agent", "-m", b"\xff"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert process.returncode == 2
    assert process.stderr == b"weft: error: argument 3 is not UTF-8 text; write it as UTF-8\n"


def test_a_turn_is_answered_over_http_and_kept(tmp_path):
    with ModelServer() as server:
        output, errors, code = weft(
            tmp_path,
            "agent",
            "--json",
            "-m",
            "-",
            "--set",
            "agents.defaults.model=openai/gpt-5",
            "--set",
            f"providers.openai.api_base={server.url}/v1",
            given="grüß dich \udcff".encode(errors="surrogateescape"),
            OPENAI_API_KEY="key",
        )
        assert (code, errors) == (0, "")
        assert json.loads(output)["reply"]
    kept = (tmp_path / ".clawft/state/sessions/cli%3Acli-session.jsonl").read_text("utf-8")
    assert "grüß dich \ufffd" in kept


def test_lines_are_answered_side_by_side(tmp_path):
    given = b"".join(b'{"id":%d,"chat":"c%d","message":"/help"}\n' % (n, n % 3) for n in range(9))
    output, _, code = weft(tmp_path, "agent", "--jsonl", given=given)
    assert code == 0
    assert sorted(json.loads(line)["id"] for line in output.splitlines()) == list(range(9))


def test_the_first_signal_ends_waiting_for_lines(tmp_path):
    process = start(tmp_path, "agent", "--jsonl")
    process.stdin.write(b'{"id":1,"chat":"a","message":"/help"}\n')
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.endswith(b"weft: interrupted\n")


def test_nobody_reading_the_output_is_told_by_the_exit_code(tmp_path):
    process = start(tmp_path, "completions", "bash")
    process.stdout.close()
    process.stdout = None
    process.communicate(timeout=60)
    assert process.returncode == 141
