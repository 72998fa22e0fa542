"""What the scripts about children share; runs inside the test build of an executable, so in its dialect.

Run by itself it is the child: its arguments say what it does.
"""

import json
import sys
import time

import _weft

ALL = 30000


def finish(process, handles):
    """(exit status, what each handle gave until its end)."""
    given = {handle: [] for handle in handles}
    reading = list(handles)
    status = None
    while reading or status is None:
        waiting = reading if status is not None else reading + [process]  # noqa: RUF005 - no * in MicroPython
        ready = _weft.wait(ALL, tuple(waiting))
        assert ready, "a child hangs"
        for handle in ready:
            if handle == process:
                status = _weft.exit_status(process)
                continue
            piece = _weft.read(handle, 65536)
            if piece == b"":
                reading.remove(handle)
                _weft.close(handle)
            elif piece is not None:
                given[handle].append(piece)
    _weft.close(process)
    return status, [b"".join(given[handle]) for handle in handles]


def run(argv, flags=0, folder=None, environment=None, limits=()):
    """(exit status, output, errors) of a child that is given nothing to read."""
    process, given, output, errors = _weft.spawn(tuple(argv), folder, environment, flags, limits)
    if given >= 0:
        _weft.close(given)
    status, texts = finish(process, [handle for handle in (output, errors) if handle >= 0])
    return status, texts[0], texts[1] if errors >= 0 else b""


def serve():
    """Answer JSON-RPC lines as a server of tools would, with notifications between and noise on the errors."""
    given = _weft.standard_input()
    begun = b""
    while True:
        piece = _weft.read(given, 65536)
        if piece is None:
            _weft.wait(ALL, (given,))
            continue
        if piece == b"":
            return
        lines = (begun + piece).split(b"\n")
        begun = lines.pop()
        for line in lines:
            asked = json.loads(line.decode())
            _weft.write_fd(2, b"noise \xff\xfe" * 2000)
            if "id" not in asked:
                continue
            _weft.write_fd(1, b'{"jsonrpc":"2.0","method":"notifications/progress"}\n')
            answer = {"jsonrpc": "2.0", "id": asked["id"], "result": asked["params"]}
            _weft.write_fd(1, json.dumps(answer).encode() + b"\n")


def say_bytes():
    _weft.write_fd(1, bytes(range(256)))


def hang():
    _weft.write_fd(1, b"begun")
    time.sleep(60)


def be_deaf():
    """Say what signals come, and end by none of them."""
    signals = _weft.signals()
    _weft.write_fd(1, b"ready")
    while True:
        _weft.wait(ALL, (signals,))
        _weft.write_fd(1, b"heard %d" % (_weft.read(signals, 1) or b"?")[0])


OTHERS = {"bytes": say_bytes, "hang": hang, "deaf": be_deaf, "serve": serve}


def child(words):
    if words[0] == "flood":
        left = [int(words[1]), int(words[2])]
        while left[0] or left[1]:
            for index in (0, 1):
                size = min(left[index], 50000)
                _weft.write_fd(index + 1, b"%d" % index * size)
                left[index] -= size
    elif words[0] == "copy":
        given = _weft.standard_input()
        while True:
            piece = _weft.read(given, 65536)
            if piece == b"":
                break
            if piece is None:
                _weft.wait(ALL, (given,))
            else:
                _weft.write_fd(1, piece)
    elif words[0] == "variables":
        names = [name for name in _weft.environ() if name in ("A", "B", "C")]
        print(sorted((name, _weft.environ()[name]) for name in names))
    elif words[0] == "words":
        print(words[1:])
    elif words[0] == "folder":
        print(repr(_weft.realpath(".")))
    elif words[0] in OTHERS:
        OTHERS[words[0]]()
    elif words[0] == "take":
        held = bytes(int(words[1]))
        print(len(held))
    elif words[0] == "sleep":
        time.sleep(60)
    elif words[0] == "exit":
        _weft.exit(int(words[1]))


if __name__ == "__main__" and len(sys.argv) > 1 and sys.argv[1] == "child":
    child(sys.argv[2:])
