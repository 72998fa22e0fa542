"""`weft status`: what the agent would use, and what is wrong with it. Asks no provider."""

from __future__ import annotations

from clawft.cli.opening import opened
from clawft.core.errors import EXIT_DONE, ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.app import App
    from clawft.cli.parser import Invocation
    from clawft.core.host import Host
    from clawft.core.interfaces import Runtime
    from clawft.core.output import Output

NO_MODEL = (
    "none configured: the offline provider answers; set agents.defaults.model and a key (`weft config init`)"
)
NO_FILE = "no file, every key has its default (`weft config init` writes one)"


def show_status(host: Host, call: Invocation, output: Output) -> int:
    """`weft status`. The exit code is 2 if no message could be answered, as a model or its key is missing."""
    return int(host.run_blocking(lambda runtime: _status(host, runtime, call, output)))


async def _status(host: Host, runtime: Runtime, call: Invocation, output: Output) -> int:
    app = opened(runtime, call, output)
    problem = ""
    exit_code = EXIT_DONE
    models: list[str] = []
    try:
        models = [choice.name for choice in app.choices]
    except ConfigError as error:
        problem = error.message
        exit_code = error.exit_code
    facts = _facts(app, models, problem)
    facts["features"] = host.features()
    if call.flag("json"):
        if call.flag("detailed"):
            facts["settings"] = _settings(app)
            facts["tool_schemas"] = [
                {"name": each.name, "description": each.description, "parameters": each.parameters}
                for each in app.tools.schemas()
            ]
        output.json(facts)
        return exit_code
    output.fields(_fields(app, facts))
    if call.flag("detailed"):
        rows = [(each["key"], each["value"], each["origin"]) for each in _settings(app)]
        output.table(("SETTING", "VALUE", "FROM"), rows)
        output.table(
            ("TOOL", "WHAT IT DOES"), [(each.name, each.description) for each in app.tools.schemas()]
        )
    return exit_code


def _facts(app: App, models: list[str], problem: str) -> dict[str, object]:
    from clawft.core.version import version  # noqa: PLC0415 - only here

    config = app.config
    return {
        "version": version(app.runtime.files),
        "config": config.source or None,
        "warnings": config.warnings,
        "models": models,
        "is_offline": not models and not problem,
        "problem": problem or None,
        "workspace": config.workspace,
        "state": config.state_folder,
        "memory": app.memory.folder if app.memory.has_memory() else None,
        "memory_search": memory_search_facts(app),
        "sessions": len(app.sessions.list()),
        "tools": [each.name for each in app.tools.schemas()],
        "confinement": confinement_facts(app),
        "not_in_this_version": sorted(config.later),
    }


def _fields(app: App, facts: dict[str, object]) -> list[tuple[str, str]]:
    config = app.config
    models = facts["models"]
    tools = facts["tools"]
    later = facts["not_in_this_version"]
    features = facts["features"]
    model = str(facts["problem"] or "") or (
        ", then ".join(models) if isinstance(models, list) and models else NO_MODEL
    )
    pairs = [
        ("Version", str(facts["version"])),
        ("Configuration", config.source or NO_FILE),
        ("Model", model),
        ("Workspace", config.workspace),
        ("State", config.state_folder),
        ("Memory", str(facts["memory"] or "nothing remembered yet")),
        ("Memory search", memory_search_text(facts["memory_search"])),
        ("Sessions", str(facts["sessions"])),
        ("Tools", ", ".join(tools) if isinstance(tools, list) else ""),
        ("Confinement", confinement_text(facts["confinement"])),
        ("Max tokens", str(config.integer("agents.defaults.max_tokens"))),
        ("Temperature", str(config.number("agents.defaults.temperature"))),
        ("Max tool iterations", str(config.integer("agents.defaults.max_tool_iterations"))),
        ("Memory window", str(config.integer("agents.defaults.memory_window"))),
    ]
    if isinstance(later, list) and later:
        pairs.append(("Not in this version", ", ".join(later)))
    left_out = (
        [name for name, is_here in features.items() if not is_here] if isinstance(features, dict) else []
    )
    if left_out:
        pairs.append(("Left out", ", ".join(left_out)))
    return pairs


def memory_search_facts(app: App) -> dict[str, object]:
    """Whether notes are found that are only similar, and the model that says which, None where their spelling does."""
    return {"similar": app.runtime.has_vectors, "model": app.config.text("memory.embedding.model") or None}


def memory_search_text(facts: object) -> str:
    """The same for people."""
    found = facts if isinstance(facts, dict) else {}
    if not found.get("similar"):
        return "by words only: this build has no vectors"
    return "by words, then by " + str(found.get("model") or "their spelling")


def confinement_facts(app: App) -> dict[str, object] | None:
    """What keeps commands in the workspace besides the policies: Landlock's version, 0 for none, and seccomp.

    None in a sandbox.
    """
    if app.runtime.is_sandbox:
        return None
    version, machine = app.runtime.processes.confining
    return {"landlock": version, "seccomp": bool(machine)}


def confinement_text(facts: object) -> str:
    """The same for people; what is missing is said."""
    if facts is None:
        return "a sandbox: it starts no processes, and its host says which folders and addresses there are"
    found = facts if isinstance(facts, dict) else {}
    version = found.get("landlock")
    filtered = found.get("seccomp")
    if version and filtered:
        return f"Landlock {version}, seccomp"
    if version:
        return f"Landlock {version}; no filter of system calls on this system"
    if filtered:
        return "seccomp; no Landlock in this kernel: only the policies keep commands in the workspace"
    return (
        "none: this system has no Landlock and no seccomp; only the policies keep commands in the workspace"
    )


def _settings(app: App) -> list[dict[str, str]]:
    """Every key with its value, masked where it is secret, and where that value comes from."""
    from clawft.core.compat import json_text  # noqa: PLC0415 - only for details
    from clawft.core.config_output import show  # noqa: PLC0415

    found: list[dict[str, str]] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict) and value and not app.config.is_set(path):
            for name, inner in value.items():
                walk(inner, path + "." + name if path else name)
        elif not isinstance(value, dict) or value:
            found.append({"key": path, "value": json_text(value), "origin": app.config.origin(path)})

    walk(show(app.config), "")
    return found
