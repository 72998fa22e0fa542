"""Turns the process's arguments into its exit code in our executables: joins their host and the command line."""

from __future__ import annotations

import sys

import _weft

_EXIT_USAGE = 2
_EXIT_OUTPUT_CLOSED = 141


def main() -> int:
    """Run `weft` with this process's arguments."""
    words = list(_weft.args()[1:])
    if words in (["--version"], ["-V"]):
        return _print("weft " + _version() + "\n")
    if words in (["--help"], ["-h"]):
        from clawft.cli.help import help_page  # noqa: PLC0415 - start-up time: only what this run needs
        from clawft.cli.table import ROOT  # noqa: PLC0415

        return _print(help_page(ROOT))
    if len(words) == 2 and words[0] in ("--version", "-V") and words[1] in ("--verbose", "-v"):  # noqa: PLR2004
        return _print_parts()
    for index, word in enumerate(words):
        if not isinstance(word, str):
            _weft.write_fd(
                2, b"weft: error: argument %d is not UTF-8 text; write it as UTF-8\n" % (index + 1)
            )
            return _EXIT_USAGE
    from clawft.cli.main import run  # noqa: PLC0415
    from clawft.embedded.host import EmbeddedHost  # noqa: PLC0415

    return run(words, EmbeddedHost())


def _version() -> str:
    # Here the build has always written it, and core/version.py would be two more modules to import.
    from clawft._version import VERSION  # noqa: PLC0415 - only here

    return VERSION


def _print_parts() -> int:
    """The version, and those of what this executable is made of."""
    parts = _weft.versions()
    lines = ["weft " + _version() + " (" + _weft.target() + ")"]
    lines.extend([name + " " + str(parts[name]) for name in sorted(parts)])
    return _print("\n".join(lines) + "\n")


def _print(text: str) -> int:
    try:
        _weft.write_fd(1, text.encode())
    except OSError:
        return _EXIT_OUTPUT_CLOSED
    return 0


if __name__ == "main":  # as which it is frozen
    sys.exit(main())
