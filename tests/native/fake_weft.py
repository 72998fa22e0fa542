"""The C module `_weft` for CPython on POSIX: the same names over os, select and threads, to test what stands on it.

`weft_module.c` has the table of names. HTTP here is the standard library's in a thread, with one time limit.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import stat as stat_
import struct
import sys
import termios
import threading
import time
import tty
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tests.native import fake_weft_children, fake_weft_handles
from tests.native.fake_weft_handles import Handle, forget_all, get, new

_LIBC = ctypes.CDLL(None)

# The rest of the module's table, under its names there.
SPAWN_INPUT, SPAWN_JOINED = fake_weft_children.SPAWN_INPUT, fake_weft_children.SPAWN_JOINED
spawn, exit_status, kill = fake_weft_children.spawn, fake_weft_children.exit_status, fake_weft_children.kill
wait, want_read, want_write = (
    fake_weft_handles.wait,
    fake_weft_handles.want_read,
    fake_weft_handles.want_write,
)
read, write, close = fake_weft_handles.read, fake_weft_handles.write, fake_weft_handles.close

O_RDONLY, O_WRONLY, O_RDWR = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
O_APPEND, O_CREAT, O_EXCL, O_TRUNC = os.O_APPEND, os.O_CREAT, os.O_EXCL, os.O_TRUNC
HERE = -100
O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK, O_NOCTTY = os.O_NOFOLLOW, os.O_DIRECTORY, os.O_NONBLOCK, os.O_NOCTTY


class TransportError(Exception):
    """(phase, message, was it sent)."""


class Worker(Handle):
    """Something that a thread does; its results wake the waiter through a pipe."""

    def __init__(self, work):
        self._read_end, self._write_end = os.pipe()
        super().__init__(self._read_end)
        self.results = []
        self.is_closed = False
        self.lock = threading.Lock()
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work):
        try:
            for result in work():
                self.give(result)
        except TransportError as error:
            self.give(error)

    def give(self, result):
        with self.lock:
            if not self.is_closed:
                self.results.append(result)
                os.write(self._write_end, b"x")

    def take(self):
        with self.lock:
            if not self.results:
                return None
            if isinstance(self.results[0], TransportError):
                raise self.results[0]
            os.read(self._read_end, 1)
            return self.results.pop(0)

    def read(self, limit):
        piece = self.take()
        if piece is not None and len(piece) > limit:
            with self.lock:
                self.results.insert(0, piece[limit:])
                os.write(self._write_end, b"x")
            piece = piece[:limit]
        return piece

    def close(self):
        with self.lock:
            self.is_closed = True
            os.close(self._read_end)
            os.close(self._write_end)


_named = {}


def _arguments():
    return [_text_or_bytes(word) for word in sys.argv[1:]]


def _text_or_bytes(word):
    try:
        word.encode()
    except UnicodeError:
        return os.fsencode(word)
    return word


def args():
    return ("weft", *_arguments())


def environ():
    return dict(os.environ)


def now():
    return time.time()


def monotonic_ms():
    return time.monotonic_ns() // 1_000_000


def random(count):
    return os.urandom(count)


def exit(code):  # noqa: A001 - the C module's name
    os._exit(code)


def system():
    return "linux"


def target():
    return "fake"


def versions():
    return {"micropython": "1.25.0"}


def home():
    return str(Path.home())


# Standard input and signals


def standard_input():
    if "input" not in _named:
        _named["input"] = new(Handle(0, is_ours=False))
    return _named["input"]


def signals():
    if "signals" not in _named:
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        _named["signals"] = new(Handle(read_end))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: os.write(write_end, bytes([number])))
    return _named["signals"]


# Terminal


def is_terminal(fd):
    return os.isatty(fd)


def width():
    for fd in (2, 1, 0):
        try:
            return os.get_terminal_size(fd).columns
        except OSError:
            continue
    return 80


def raw_mode(is_on):
    if is_on:
        _named["mode"] = termios.tcgetattr(0)
        tty.setraw(0, termios.TCSADRAIN)
        mode = termios.tcgetattr(0)
        mode[1] = _named["mode"][1]  # output stays as it was
        termios.tcsetattr(0, termios.TCSADRAIN, mode)
    else:
        termios.tcsetattr(0, termios.TCSADRAIN, _named["mode"])


def write_fd(fd, data):
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


# Files


def _facts(found):
    kinds = {stat_.S_IFREG: "file", stat_.S_IFDIR: "folder", stat_.S_IFLNK: "link"}
    return (
        kinds.get(stat_.S_IFMT(found.st_mode), "other"),
        found.st_size,
        found.st_mtime,
        found.st_dev,
        found.st_ino,
        found.st_nlink,
        found.st_mode & 0o7777,
    )


def open(path, flags, mode):  # noqa: A001 - the C module's name
    return os.open(path, flags | os.O_CLOEXEC, mode)


def openat(folder, name, flags, mode):
    return os.open(name, flags | os.O_CLOEXEC, mode, dir_fd=folder)


fd_read = os.read
fd_pread = os.pread
fd_write = os.write
fd_sync = os.fdatasync
folder_sync = os.fsync
fd_close = os.close
truncate = os.ftruncate
fchmod = os.fchmod
mkdir = os.mkdir
rename = os.rename
link = os.link
unlink = os.unlink


def realpath(path):
    return os.path.realpath(path, strict=True)


def sync_all(fds):
    return tuple(_synced(fd) for fd in fds)


def _synced(fd):
    try:
        os.fdatasync(fd)
    except OSError as error:
        return error.errno, error.strerror
    return None


def stat(path, is_followed):
    return _facts(os.stat(path, follow_symlinks=is_followed))  # noqa: PTH116 - as `_weft` has it


def statat(folder, name, is_followed):
    return _facts(os.stat(name, dir_fd=folder, follow_symlinks=is_followed))


def fstat(fd):
    return _facts(os.fstat(fd))


def lock(fd):
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_writable(folder, name):
    return os.access(name, os.W_OK, dir_fd=folder)


def open_beneath(folder, path, flags):
    """openat2 (437), as in weft_files.c."""
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, 0x02 | 0x04 | 0x08)
    fd = _LIBC.syscall(437, folder, os.fsencode(path), how, len(how))
    return fd if fd >= 0 else None


def mkdirat(folder, name, mode):
    os.mkdir(name, mode, dir_fd=folder)


def renameat(folder, name, target_folder, target):
    os.rename(name, target, src_dir_fd=folder, dst_dir_fd=target_folder)


def unlinkat(folder, name):
    os.unlink(name, dir_fd=folder)


def readlinkat(folder, name):
    return _text_or_bytes(os.readlink(name, dir_fd=folder))


def listdir(where):
    with os.scandir(where) as entries:
        return [
            (os.fsencode(entry.name).decode("utf-8", "replace"), _facts(entry.stat(follow_symlinks=False))[0])
            for entry in entries
        ]


# Network


def http(method, url, headers, body, addresses, timeouts_ms, proxy):
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"

    def work():
        phase = "connect"
        is_sent = False
        first = urlsplit(proxy[0]) if proxy else parts
        to = addresses[0] if addresses else first.hostname
        try:
            connection = HTTPConnection(to, first.port, timeouts_ms[1] / 1000)
            connection.connect()
            phase = "send"
            target = url if proxy else parts.path + ("?" + parts.query if parts.query else "")
            sent = dict(headers)
            sent["Host"] = parts.netloc
            if proxy and proxy[1]:
                sent["Proxy-Authorization"] = proxy[1]
            connection.request(method, target, body or None, sent)
            is_sent = True
            phase = "first_byte"
            response = connection.getresponse()
            yield response.status, tuple((name.lower(), value) for name, value in response.getheaders())
            phase = "body"
            while piece := response.read1(65536):
                yield piece
            if response.length:
                raise TransportError(phase, f"{origin}: the answer was cut off", is_sent)
            yield b""
        except (OSError, HTTPException) as error:
            raise TransportError(phase, f"{origin}: {error}", is_sent) from error
        finally:
            connection.close()

    return new(Worker(work))


def http_head(number):
    return get(number).take()


def resolve(host, port):
    import socket

    def work():
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise TransportError("resolve", f"{host}: {error}", False) from error
        yield tuple(dict.fromkeys(str(entry[4][0]) for entry in found))

    return new(Worker(work))


def resolved(number):
    return get(number).take()


# For tests only


def reset():
    """Forget every handle; standard input stays open."""
    forget_all()
    _named.clear()


def pipe():
    """A handle and the descriptor that feeds it."""
    read_end, write_end = os.pipe()
    return new(Handle(read_end)), write_end


def write_pipe():
    """A handle that is written to (`os.write` to its `fd`) and the descriptor that reads it."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    return new(Handle(write_end)), write_end, read_end
