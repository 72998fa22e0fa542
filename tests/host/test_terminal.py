"""The standard streams as real processes have them: closed, piped, full, in another locale, on a terminal."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[2])
START = """
import sys
from clawft.core.errors import OutputClosed, StorageError
from clawft.host.terminal import StandardTerminal
terminal = StandardTerminal()
prompts = 0

def ask():
    global prompts
    prompts += 1
    return terminal.read_line(f"prompt {prompts}> ")
"""


def run(source, *, before="", after="", given=b"", **environment):
    """Run `source` with a terminal made, through a shell that may redirect: (output, errors, exit code)."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'{before} "$0" -c "$1" {after}', sys.executable, START + source],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": ROOT, **environment},
    )
    return done.stdout, done.stderr, done.returncode


def on_a_terminal(source, typed, *, columns=0, **environment):
    """Run `source` on a pseudo-terminal, a text typed at each `ask()`: all that it shows, and its exit code."""
    main, side = pty.openpty()
    if columns:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", START + source],
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": ROOT, "TERM": "dumb", **environment},
    )
    os.close(side)
    shown = b""
    prompts = 0
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not piece:
            break
        shown += piece
        # Only once the prompt is there is the terminal in readline's hands; a key before that means something else.
        if prompts < len(typed) and b"prompt %d> " % (prompts + 1) in shown:
            os.write(main, typed[prompts])
            prompts += 1
    os.close(main)
    return shown.replace(b"\r\n", b"\n"), process.wait(timeout=60)


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_text_is_utf_8_in_every_locale(locale):
    source = 'terminal.write("gr\\u00fc\\u00df \\U0001f980 \\udc80\\n"); terminal.write_error("f\\u00fcr\\n")'
    assert run(source, **locale) == ("grüß 🦀 ?\n".encode(), "für\n".encode(), 0)
    source = "terminal.write(ascii(terminal.read_all()))"
    assert (
        run(source, given="\ufeffgrüß \x00".encode() + b"\xff\n", **locale)[0]
        == b"'gr\\xfc\\xdf \\x00\\ufffd\\n'"
    )


def test_a_pipe_that_nobody_reads_is_told_apart_and_leaves_no_noise():
    source = """
try:
    while True:
        terminal.write("x" * 65536 + "\\n")
except OutputClosed:
    terminal.write_error("closed\\n")
    sys.exit(7)
"""
    output, errors, _ = run(source, after="| head -c 1")
    assert (output, errors) == (b"x", b"closed\n")
    assert run(source, after="2>/dev/null | head -c 1; true")[1] == b""


def test_a_closed_standard_output_is_told_apart():
    source = """
try:
    terminal.write("x")
except OutputClosed:
    terminal.write_error("closed\\n")
"""
    assert run(source, after=">&-") == (b"", b"closed\n", 0)


def test_a_full_disk_is_an_error_that_says_so():
    source = """
try:
    terminal.write("x")
except StorageError as error:
    terminal.write_error(str(error))
"""
    expected = b"standard output: No space left on device; what was written last is lost"
    assert run(source, after=">/dev/full") == (b"", expected, 0)


def test_writing_errors_never_fails():
    source = 'terminal.write_error("x" * 100); terminal.write("done")'
    assert run(source, after="2>&-") == (b"done", b"", 0)
    assert run(source, after="2>/dev/full") == (b"done", b"", 0)


def test_a_closed_standard_input_is_at_its_end():
    source = (
        'terminal.write(repr((terminal.read_line("> "), terminal.read_all(), terminal.is_input_terminal)))'
    )
    assert run(source, after="<&-") == (b"(None, '', False)", b"", 0)


def test_no_file_takes_the_place_of_a_closed_stream():
    source = """
import os, socket
opened = socket.socket()
terminal.write_error(str(opened.fileno() > 2))
"""
    assert run(source, after="<&- >&-")[1] == b"True"


def test_an_input_that_cannot_be_read_is_an_error():
    source = """
for read in (lambda: terminal.read_line(""), terminal.read_all):
    try:
        read()
    except StorageError as error:
        terminal.write(str(error) + "\\n")
"""
    expected = b"standard input cannot be read: Bad file descriptor\n" * 2
    assert run(source, after="0>/dev/null") == (expected, b"", 0)


def test_piped_lines_are_read_without_a_prompt():
    source = 'terminal.write(repr([terminal.read_line("> ") for _ in range(4)]))'
    assert run(source, given=b"one\n\r\nlast") == (b"['one', '', 'last', None]", b"", 0)


def test_nothing_heavy_is_loaded_for_pipes():
    source = 'terminal.load_history("/x"); terminal.write(str("readline" in sys.modules or "shutil" in sys.modules))'
    assert run(source, PYTHONPATH=ROOT)[0] == b"False"


def test_a_pipe_is_no_terminal_and_a_terminal_is_one():
    source = """
print(terminal.is_input_terminal, terminal.is_output_terminal, terminal.is_error_terminal, terminal.width)
"""
    assert run(source)[0] == b"False False False 80\n"
    assert on_a_terminal(source, [], columns=133) == (b"True True True 133\n", 0)


def test_lines_are_edited_on_a_terminal_until_its_end():
    source = """
while (line := ask()) is not None:
    print(ascii(line))
"""
    shown, code = on_a_terminal(source, ["für\n".encode(), b"\x04"])
    assert code == 0
    assert b"'f\\xfcr'\n" in shown


def test_a_prompt_does_not_get_into_redirected_output(tmp_path):
    source = f"""
import os
os.dup2(os.open({str(tmp_path / "out")!r}, os.O_WRONLY | os.O_CREAT), 1)
terminal = StandardTerminal()
terminal.write(ask())
"""
    shown, code = on_a_terminal(source, [b"hello\n"])
    assert code == 0
    assert b"prompt 1> " in shown
    assert (tmp_path / "out").read_bytes() == b"hello"


def test_history_is_kept_private_and_recalled(tmp_path):
    pytest.importorskip("readline")
    path = tmp_path / "history"
    source = f"""
terminal.load_history({str(path)!r})
while (line := ask()) is not None:
    print("got", line)
terminal.save_history({str(path)!r})
"""
    assert on_a_terminal(source, [b"first\n", b"second\n", b"\x04"])[1] == 0
    assert path.read_text() == "first\nsecond\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown, _ = on_a_terminal(source, [b"\x10\x10\n", b"\x04"])  # Ctrl-P twice: the line before the last
    assert b"got first\n" in shown
    assert path.read_text() == "first\nsecond\nfirst\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_history_that_cannot_be_kept_is_mentioned_and_no_more(tmp_path):
    pytest.importorskip("readline")
    path = tmp_path / "missing" / "history"
    source = f"""
terminal.load_history({str(path)!r})
ask()
terminal.save_history({str(path)!r})
"""
    shown, code = on_a_terminal(source, [b"x\n"])
    assert code == 0
    assert b"the history could not be kept in" in shown


def test_the_first_word_is_completed():
    pytest.importorskip("readline")
    source = """
terminal.set_completions(("/help", "/new"))
while (line := ask()) is not None:
    print("got", line)
"""
    shown, _ = on_a_terminal(source, [b"/he\t\n", b"/help /n\t\n", b"\x04"])
    assert b"got /help \n" in shown or b"got /help\n" in shown
    assert b"got /help /n" in shown
    assert b"/new" not in shown
