"""`weft config`: shows, explains and starts the configuration. What a key means stands in core."""

from __future__ import annotations

from clawft.core.errors import EXIT_DONE, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.parser import Invocation
    from clawft.core.host import Host
    from clawft.core.interfaces import Runtime
    from clawft.core.output import Output


def show_config(host: Host, call: Invocation, output: Output) -> int:
    """`weft config show`."""
    return int(host.run_blocking(lambda runtime: _show(runtime, call, output, None)))


def show_section(host: Host, call: Invocation, output: Output) -> int:
    """`weft config section NAME`. UsageError, with the near ones, if there is no such section."""
    return int(host.run_blocking(lambda runtime: _show(runtime, call, output, call.arguments[0])))


def show_schema(host: Host, call: Invocation, output: Output) -> int:  # noqa: ARG001 - every handler takes a host
    """`weft config schema`."""
    from clawft.core.config_output import schema  # noqa: PLC0415 - a large table

    _print(schema(), call, output)
    return EXIT_DONE


def init_config(host: Host, call: Invocation, output: Output) -> int:
    """`weft config init [PATH]`. ConfigError if the file is there already."""
    return int(host.run_blocking(lambda runtime: _init(runtime, call, output)))


def show_path(host: Host, call: Invocation, output: Output) -> int:
    """`weft config path`: also of a file that is broken, so that it can be opened and mended."""
    return int(host.run_blocking(lambda runtime: _path(runtime, call, output)))


async def _show(runtime: Runtime, call: Invocation, output: Output, section: str | None) -> int:
    from clawft.cli.opening import opened  # noqa: PLC0415 - the schema needs no App
    from clawft.core.config_output import show  # noqa: PLC0415

    values = show(opened(runtime, call, output).config, reveal=call.flag("reveal"))
    if section is None:
        _print(values, call, output)
        return EXIT_DONE
    name = section.replace("-", "_")
    if name not in values:
        from clawft.core.near import did_you_mean  # noqa: PLC0415 - only after a mistake

        hint = did_you_mean(name, list(values)) or "the sections are " + ", ".join(list(values))
        raise UsageError("weft config section: there is no section '" + section + "'; " + hint)
    _print(values[name], call, output)
    return EXIT_DONE


async def _init(runtime: Runtime, call: Invocation, output: Output) -> int:
    from clawft.core.config_output import write_starting_file  # noqa: PLC0415 - only here

    path = _starting_path(runtime, call)
    write_starting_file(runtime.files, path)
    output.notice(
        "wrote " + path + ": every key with its default, commented out. Next: set a model and its key."
    )
    return EXIT_DONE


async def _path(runtime: Runtime, call: Invocation, output: Output) -> int:
    from clawft.core.config_keys import LEGACY_CONFIG_FILE  # noqa: PLC0415 - a large table

    path = _starting_path(runtime, call)
    legacy = runtime.home + LEGACY_CONFIG_FILE
    is_named = call.text("config") or runtime.environment.get("CLAWFT_CONFIG")
    if not is_named and runtime.files.stat(path) is None and runtime.files.stat(legacy) is not None:
        path = legacy
    output.text(path)
    return EXIT_DONE


def _starting_path(runtime: Runtime, call: Invocation) -> str:
    """Where a file is read from, or would be: an argument, -c, $CLAWFT_CONFIG, the usual place."""
    from clawft.core.config_keys import CONFIG_FILE  # noqa: PLC0415
    from clawft.core.config_values import expanded  # noqa: PLC0415 - a large table

    named = call.argument(0) or call.text("config") or runtime.environment.get("CLAWFT_CONFIG")
    return expanded(named, runtime.home) if named else runtime.home + CONFIG_FILE


def _print(value: object, call: Invocation, output: Output) -> None:
    if call.flag("json"):
        output.json(value)
        return
    from clawft.cli.pretty_json import pretty_json  # noqa: PLC0415 - not for a program

    output.text(pretty_json(value))
