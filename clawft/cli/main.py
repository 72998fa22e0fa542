"""Turns a command line into an exit code: parses it, runs its handler, translates every failure. No command's work."""

from __future__ import annotations

from clawft.cli.parser import name_of, parse
from clawft.core.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    OutputClosed,
    WeftError,
    hide_secrets,
    without_secrets,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.cli.parser import Invocation
    from clawft.core.host import Host
    from clawft.core.interfaces import Runtime
    from clawft.core.output import Output

# What a shell reports for a program that a closed pipe has ended: 128 + SIGPIPE.
EXIT_OUTPUT_CLOSED = 141


def run(words: list[str], host: Host, drawing: Callable[[Host], Output | None] | None = None) -> int:
    """Run one command line (without the program's name) and return its exit code; nothing is raised.

    `drawing` is asked for an Output that draws; where there is none, or it answers None, output is plain.
    """
    is_verbose = "-v" in words or "--verbose" in words
    hide_secrets(None)  # until a configuration says which there are
    try:
        return _dispatch(words, host, drawing)
    except OutputClosed:
        return EXIT_OUTPUT_CLOSED
    except WeftError as error:
        host.terminal.write_error("weft: error: " + error.message + "\n")
        return error.exit_code
    except KeyboardInterrupt:
        host.terminal.write_error("weft: interrupted\n")
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - one of the four places: nothing unforeseen may look like our own error
        host.terminal.write_error(without_secrets(_unforeseen(error, is_verbose=is_verbose)))
        return EXIT_FAILED


def _dispatch(words: list[str], host: Host, drawing: Callable[[Host], Output | None] | None) -> int:
    call = parse(words)
    if call.is_help or not (call.is_version or call.command.handler):
        return _explain(call, host)
    if call.is_version:
        return int(host.run_blocking(lambda runtime: _print_version(runtime, host)))
    output = drawing(host) if drawing is not None else None
    if output is None:
        from clawft.cli.plain_output import PlainOutput  # noqa: PLC0415 - not where output is drawn

        output = PlainOutput(host.terminal)
    return handler_of(call.command.handler)(host, call, output)


async def _print_version(runtime: Runtime, host: Host) -> int:
    from clawft.core.version import version  # noqa: PLC0415 - only here

    host.terminal.write("weft " + version(runtime.files) + "\n")
    return EXIT_DONE


def _explain(call: Invocation, host: Host) -> int:
    from clawft.cli.help import help_page  # noqa: PLC0415 - commands that run do not need it

    if call.is_help:
        host.terminal.write(help_page(call.command))
        return EXIT_DONE
    missing = "weft: error: " + name_of(call.command) + " needs one of these commands\n"
    host.terminal.write_error(help_page(call.command) + "\n" + missing)
    return EXIT_USAGE


def handler_of(name: str) -> Callable[[Host, Invocation, Output], int]:
    """The function a table entry names as "module:function"."""
    module, _, function = name.partition(":")
    found: Callable[[Host, Invocation, Output], int] = getattr(
        __import__(module, None, None, [function]), function
    )
    return found


def _unforeseen(error: Exception, *, is_verbose: bool) -> str:
    kind = type(error).__name__
    message = "weft: error: unforeseen " + kind + ": " + str(error) + "\n"
    if is_verbose:
        from clawft.core.compat import traceback_text  # noqa: PLC0415 - only for a report

        return message + traceback_text(error)
    return (
        message
        + "This is a mistake in weft, not in what you did: please report it, with what --verbose adds.\n"
    )
