"""What files stand on: the system calls of a runtime, by the names of our C module `_weft`. Types only, never loaded.

`_weft` itself is one such set of calls (`embedded/port/weft_module.c`), `host/system_calls.py` is the other. Whatever
fails is an OSError with its errno. On Windows slashes and backslashes separate the names in a path.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    # Kind (file, folder, link or other), size, time of change in Unix seconds, device, inode, links, mode without type.
    Facts = tuple[str, int, float, int, int, int, int]
    # How a runtime lets a moment pass, in seconds: KeyboardInterrupt on Ctrl-C.
    Pause = Callable[[float], object]

    class SystemCalls(Protocol):
        """The table. A flag that a system has not is 0 there."""

        O_RDONLY: int
        O_WRONLY: int
        O_RDWR: int
        O_APPEND: int
        O_CREAT: int
        O_EXCL: int
        O_NOFOLLOW: int
        O_DIRECTORY: int
        O_NONBLOCK: int
        O_NOCTTY: int
        # In place of a folder's descriptor: names are paths then.
        HERE: int

        def system(self) -> str:
            """`linux`, `macos` or `windows`."""

        def now(self) -> float:
            """Unix time in seconds."""

        def monotonic_ms(self) -> int:
            """Milliseconds since some moment."""

        def random(self, count: int, /) -> bytes:
            """Bytes from the system's cryptographic generator."""

        def open(self, path: str, flags: int, mode: int, /) -> int:
            """A descriptor that no child inherits."""

        def fd_close(self, fd: int, /) -> None:
            """Give up a descriptor, and its lock with the last one."""

        def fd_read(self, fd: int, count: int, /) -> bytes:
            """Maybe fewer bytes, b"" at the end."""

        def fd_pread(self, fd: int, count: int, offset: int, /) -> bytes:
            """The same from an offset; where the descriptor stands afterwards is open."""

        def fd_write(self, fd: int, data: bytes | memoryview, /) -> int:
            """How many bytes were taken, maybe fewer."""

        def fd_sync(self, fd: int, /) -> None:
            """A file's data and size are on the disk itself."""

        def truncate(self, fd: int, size: int, /) -> None:
            """Shorten (or lengthen) a file."""

        def lock(self, fd: int, /) -> bool:
            """Take the exclusive lock. False, without waiting, while somebody else has it."""

        def stat(self, path: str, follow: bool, /) -> Facts:  # noqa: FBT001 - as in C
            """What a path is; of a link itself unless it is followed."""

        def fstat(self, fd: int, /) -> Facts:
            """What is open."""

        def mkdir(self, path: str, mode: int, /) -> None:
            """Make one folder."""

        def rename(self, path: str, target: str, /) -> None:
            """Replaces; on Windows durably, and waits a little for whoever has the target open."""

        def link(self, path: str, target: str, /) -> None:
            """Give a file one more name; EEXIST if that is taken."""

        def unlink(self, path: str, /) -> None:
            """Remove a name."""

        def listdir(self, where: str | int, /) -> list[tuple[str, str]]:
            """Names and kinds in a folder, unsorted. What is not UTF-8 in a name is replaced: it cannot be opened."""

        def realpath(self, path: str, /) -> str:
            """A path without links. What it names must be there."""

        # Relative to an open folder, or from HERE, which is all that Windows has.

        def openat(self, folder: int, name: str, flags: int, mode: int, /) -> int:
            """See `open`."""

        def statat(self, folder: int, name: str, follow: bool, /) -> Facts:  # noqa: FBT001 - as in C
            """See `stat`."""

        def renameat(self, folder: int, name: str, target_folder: int, target: str, /) -> None:
            """See `rename`."""

        def unlinkat(self, folder: int, name: str, /) -> None:
            """See `unlink`."""

        # Not on Windows.

        def folder_sync(self, fd: int, /) -> None:
            """The names in a folder are on the disk."""

        def open_beneath(self, folder: int, path: str, flags: int, /) -> int | None:
            """Open what a path without links leads to below a folder (Linux' openat2); None if it cannot."""

        def mkdirat(self, folder: int, name: str, mode: int, /) -> None:
            """See `mkdir`."""

        def readlinkat(self, folder: int, name: str, /) -> str | bytes:
            """Where a link leads; bytes where that is not UTF-8."""

        def is_writable(self, folder: int, name: str, /) -> bool:
            """Whether this process may write a file."""

        def fchmod(self, fd: int, mode: int, /) -> None:
            """Set a file's mode."""
