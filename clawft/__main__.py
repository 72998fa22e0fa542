"""Turns the process's arguments into its exit code on CPython: joins the host and the command line."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.host import Host
    from clawft.core.output import Output


def main() -> int:
    """Run `weft` with this process's arguments; the console script and `python -m clawft` both start here."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]):
        return _print("weft " + _version() + "\n")
    if words in (["--help"], ["-h"]):
        from clawft.cli.help import help_page  # noqa: PLC0415 - start-up time: only what this run needs
        from clawft.cli.table import ROOT  # noqa: PLC0415

        return _print(help_page(ROOT))
    from clawft.cli.main import run  # noqa: PLC0415
    from clawft.host.host import CPythonHost  # noqa: PLC0415

    return run(words, CPythonHost(), _drawing)


def _version() -> str:
    try:
        from clawft._version import VERSION  # noqa: PLC0415 - written by the build, absent in a source tree
    except ImportError:
        import time  # noqa: PLC0415

        from clawft.core.files import BlockingFiles  # noqa: PLC0415
        from clawft.core.version import version  # noqa: PLC0415
        from clawft.host import system_calls  # noqa: PLC0415

        return version(BlockingFiles(system_calls, time.sleep))
    return str(VERSION)


def _print(text: str) -> int:
    import os  # noqa: PLC0415 - the interpreter has it already

    try:
        # Not sys.stdout: what its buffer keeps after a closed pipe would fail once more when the interpreter ends.
        os.write(1, text.encode())
    except OSError:
        return 141
    return 0


def _drawing(host: "Host") -> "Output | None":
    environment = host.environment
    if (
        not host.terminal.is_output_terminal
        or environment.get("NO_COLOR")
        or environment.get("TERM") == "dumb"
    ):
        return None
    from clawft.host.rich_output import RichOutput  # noqa: PLC0415

    return RichOutput(host.terminal, environment)


if __name__ == "__main__":
    sys.exit(main())
