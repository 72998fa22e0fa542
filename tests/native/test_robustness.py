"""The executables at their limits: interrupts, memory, recursion, closed streams, disks."""

from __future__ import annotations

import ast
import errno
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.native.process import LIMIT_S, Scripts
from tests.programs import program


@pytest.fixture
def scripts(test_build, tmp_path):
    return Scripts(test_build, tmp_path)


@pytest.fixture
def interrupted(scripts):
    """Starts lines, sends an interrupt for each line they print but the last, and says how they ended."""
    if scripts.is_windows:
        pytest.skip("an interrupt comes from a console on Windows, and there is none")

    def run(lines, count):
        # What runs the tests may ignore interrupts, and children would inherit it.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = scripts.start(lines)
        finally:
            signal.signal(signal.SIGINT, before)
        try:
            for _ in range(count):
                assert process.stdout.readline() == b"now\n"
                process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
        return process.returncode, output, errors

    return run


def test_an_interrupt_is_a_byte_for_a_program_that_waits_for_it(interrupted):
    lines = """
signals = _weft.signals()
for _ in range(3):
    print("now")
    assert _weft.wait(ALL, (signals,)) == (signals,)
    assert _weft.read(signals, 10) == b"\\x02"
    assert _weft.read(signals, 10) is None
print("went on")
"""
    assert interrupted(lines, 3) == (0, b"went on\n", b"")


def test_a_second_interrupt_stops_python_that_does_not_listen(interrupted):
    lines = """
signals = _weft.signals()
print("now")
while not _weft.wait(0, (signals,)):
    pass
print("now")
while True:
    pass
"""
    assert interrupted(lines, 2) == (130, b"", b"")


@pytest.mark.parametrize("doing", ["while True: pass", "time.sleep(60)", "_weft.wait(60000)"])
def test_one_interrupt_is_enough_while_nobody_listens(interrupted, doing):
    assert interrupted(f'print("now")\n{doing}', 1) == (130, b"", b"")


def test_a_termination_is_a_byte_too(scripts):
    if scripts.is_windows:
        pytest.skip("Windows only ends a process: there is nothing to hear")
    lines = """
signals = _weft.signals()
print("now")
assert _weft.wait(ALL, (signals,)) == (signals,)
result = _weft.read(signals, 10)
print(result)
_weft.exit(143)
"""
    process = scripts.start(lines)
    assert process.stdout.readline() == b"now\n"
    process.terminate()
    output, errors = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, output, errors) == (143, b"b'\\x0f'\n", b"")


def test_out_of_memory_ends_with_a_message_that_says_what_to_do(scripts):
    lines = "held = []\nwhile True:\n    held.append(bytes(100000))"
    code, _, errors = scripts.run(lines, WEFT_HEAP_LIMIT_BYTES=str(4 * 1024 * 1024))
    assert code == 1
    assert errors.startswith("weft: out of memory: more than 4 MB would be needed")
    assert "set WEFT_HEAP_LIMIT_BYTES to allow more" in errors


def test_memory_that_was_short_can_be_used_again(scripts):
    lines = """
import gc
result = []
for _ in range(3):
    held = []
    try:
        while True:
            held.append(bytes(100000))
    except MemoryError:
        result.append(len(held) > 30)
    held = None
    gc.collect()
result.append(gc.mem_alloc() < 2000000)
"""
    assert scripts.result(lines, WEFT_HEAP_LIMIT_BYTES=str(8 * 1024 * 1024)) == [True] * 4


def test_what_is_in_use_survives_the_collector_whatever_comes_and_goes(scripts):
    lines = """
import gc
kept = []
for number in range(60):
    kept.append([str(number) + "x" * (other % 50) for other in range(500)])
    if number % 7 == 6:
        kept = kept[-2:]
        gc.collect()
    for texts in kept:
        assert len(texts) == 500 and texts[49][-49:] == "x" * 49
for turn in range(30):
    big = [bytearray(200000) for _ in range(4)]
    small = [object() for _ in range(3000)]
    picked = [str(turn * 1000 + number) for number in range(5)]
    big = small = None
    gc.collect()
    other = [bytes([7]) * 40 for _ in range(2000)]
    assert picked == [str(turn * 1000 + number) for number in range(5)]
result = "whole"
"""
    assert scripts.result(lines) == "whole"


DEEP = """
def deeper(number):
    return deeper(number + 1)

class Endless:
    def __repr__(self):
        return repr([self])
"""


def test_deep_recursion_is_an_error_that_can_be_handled_again_and_again(scripts):
    lines = f"""{DEEP}
nested = []
for _ in range(100000):
    nested = [nested]
result = []
for _ in range(3):
    for start in (lambda: deeper(0), lambda: repr(Endless()), lambda: repr(nested)):
        try:
            start()
        except RuntimeError as error:
            result.append("recursion" in str(error))
"""
    assert scripts.result(lines) == [True] * 9


def test_recursion_that_nobody_handles_ends_with_one(scripts):
    code, _, errors = scripts.run(f"{DEEP}\ndeeper(0)")
    assert code == 1
    assert "RuntimeError" in errors
    assert "recursion" in errors


def test_a_small_stack_is_respected(scripts):
    if scripts.is_emulated:
        pytest.skip("an emulator gives a stack of its own")
    lines = f"""{DEEP}
try:
    repr(Endless())
except RuntimeError as error:
    print("handled")
"""
    script = 'ulimit -s 256; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *scripts.argv(lines)], capture_output=True, check=False, timeout=LIMIT_S
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"handled\n", b"")


def test_words_and_variables_that_are_not_text_arrive_as_bytes(scripts):
    if scripts.is_windows:
        pytest.skip("words are UTF-16 on Windows")
    process = subprocess.Popen(
        [*scripts.argv('print(repr((_weft.args()[2:], _weft.environ()["ODD"])))'), b"\xff\xfe", "é→"],
        env={**{name.encode(): text for name, text in scripts.environment().items()}, b"ODD": b"\xfe"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    output, _ = process.communicate(timeout=LIMIT_S)
    assert ast.literal_eval(output.decode()) == ((b"\xff\xfe", "é→"), b"\xfe")


def test_a_word_that_is_not_text_reaches_the_agent_as_an_error_not_as_a_crash(executable, tmp_path):
    if executable.is_windows:
        pytest.skip("words are UTF-16 on Windows")
    done = subprocess.run(
        [*executable.command, "agent", "-m", b"\xff\xfe"],
        env=executable.environment(HOME=str(tmp_path)),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1, 2)


def test_output_that_nobody_reads_is_an_error_of_the_write(scripts):
    lines = """
try:
    while True:
        _weft.write_fd(1, b"x" * 65536)
except OSError as error:
    _weft.write_fd(2, b"errno %d" % error.args[0])
"""
    process = scripts.start(lines)
    try:
        assert process.stdout.read(10) == b"x" * 10
        process.stdout.close()
        process.stdin.close()
        with process.stderr:
            assert process.stderr.read() == b"errno %d" % errno.EPIPE
        assert process.wait(LIMIT_S) == 0
    finally:
        process.kill()
        process.wait()


def test_the_agent_ends_quietly_when_nobody_reads_its_answer(executable, tmp_path):
    if executable.is_windows:
        pytest.skip("wine has the pipe open as well")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*executable.command, "agent", "-m", "hi"],
            env=executable.environment(HOME=str(tmp_path)),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=LIMIT_S,
        )
    finally:
        os.close(writing)
    assert b"Traceback" not in done.stderr
    assert done.returncode >= 0


def test_a_file_never_takes_the_place_of_a_stream_that_was_closed_at_the_start(scripts):
    if scripts.is_emulated:
        pytest.skip("an emulator has streams of its own")
    path = scripts.folder / "file"
    lines = f"""
fd = _weft.open({str(path)!r}, _weft.O_WRONLY | _weft.O_CREAT | _weft.O_TRUNC, 0o600)
print("not in the file")
_weft.write_fd(2, b"nor this")
assert _weft.read(_weft.standard_input(), 10) == b""
_weft.fd_write(fd, b"%d" % fd)
"""
    script = 'exec "$@" <&- >&- 2>&-'
    done = subprocess.run(["sh", "-c", script, "sh", *scripts.argv(lines)], check=False, timeout=LIMIT_S)
    assert done.returncode == 0
    assert int(path.read_bytes()) > 2


def agent_on_mounts(executable, script, home):
    """What `weft agent -m` does in a mount namespace of its own, in which a shell script has prepared `$1`."""
    if executable.is_windows:
        pytest.skip("mounts are Linux's")
    flags = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
    command = [*executable.command, "agent", "-m", "hi"]
    return subprocess.run(
        [
            program("unshare"),
            *flags,
            "sh",
            "-ec",
            f'home=$1; shift; {script}; exec "$@"',
            "sh",
            str(home),
            *command,
        ],
        env=executable.environment(HOME=str(home)),
        cwd=Path(home).parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )


@pytest.mark.parametrize("filled", ["tmpfs", "after the folders"])
def test_a_full_disk_is_an_error_that_says_so(executable, tmp_path, filled):
    script = 'mount -t tmpfs -o size=4k none "$home"; head -c 4096 /dev/zero > "$home/big"'
    if filled == "after the folders":
        script = (
            'mount -t tmpfs -o size=1m none "$home"; mkdir -p "$home/.clawft/state/sessions"; '
            'chmod 700 "$home/.clawft/state"; cat /dev/zero > "$home/big" 2> /dev/null || true'
        )
    done = agent_on_mounts(executable, script, tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No space left on device" in done.stderr
    assert "free some space" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_home_is_an_error_that_says_so(executable, tmp_path):
    script = 'mount --bind "$home" "$home"; mount -o remount,bind,ro "$home"'
    done = agent_on_mounts(executable, script, tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
