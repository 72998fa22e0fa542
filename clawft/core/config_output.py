"""Turns the table of keys and a Config into what users read: effective values, JSON Schema, a starting file."""

from __future__ import annotations

from clawft.core import config_keys as table
from clawft.core.compat import json_text
from clawft.core.config_keys import Key
from clawft.core.config_values import expected
from clawft.core.errors import ConfigError, FileChanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.config import Config
    from clawft.core.interfaces import Files

REDACTED = "********"

_STARTING_HEAD = """\
// The configuration of weft. JSON, with comments and trailing commas.
// Every key stands here with its default, commented out; `weft config show` prints what is in force.
// An environment variable goes before this file: agents.defaults.max_tokens is CLAWFT__AGENTS__DEFAULTS__MAX_TOKENS.
"""
_STARTING_PROVIDER = "openai"
_HEADER_NAME = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_PATTERNS = {
    table.TEXT: "^[^\\u0000-\\u001f\\u007f]*$",
    table.PATH: "^(/|~[/\\\\]|\\\\|[^\\u0000-\\u001f\\u007f/\\\\]:[/\\\\])[^\\u0000-\\u001f\\u007f]*$",
    table.URL: "^[Hh][Tt][Tt][Pp][Ss]?://[^\\u0000-\\u0020\\u007f/?#@\\\\]+(/[^\\u0000-\\u0020\\u007f?#\\\\]*)?$",
    table.PRINTABLE: "^([!-~]([ -~]*[!-~])?)?$",
}
_UP_PATTERN = "(^|[/\\\\])\\.\\.([/\\\\]|$)"


def show(config: Config, *, reveal: bool = False) -> dict[str, object]:
    """All that is in force, as nested objects; secrets are eight asterisks unless `reveal`, empty ones stay empty."""
    result = config.effective()
    if reveal:
        return result
    for key in table.KEYS:
        if key.is_secret:
            names = key.path.split(".")
            for section in _sections(result, names[:-1]):
                section[names[-1]] = _redacted(section[names[-1]])
    return result


def schema() -> dict[str, object]:
    """A JSON Schema (2020-12) of the config file, for editors: both spellings, and no unknown keys."""
    result: dict[str, object] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "weft configuration",
    }
    result.update(_section_schema(table.tree(), ""))
    properties = result["properties"]
    if isinstance(properties, dict):
        properties["$schema"] = {"description": "For editors; it has no effect."}
        properties["providers"] = _providers_schema(properties["providers"]["description"])
    fields: dict[str, object] = {}
    for name, key in table.provider_keys().items():
        _add_both(fields, name, _key_schema(key))
    result["$defs"] = {"provider": {"type": "object", "properties": fields, "additionalProperties": False}}
    return result


def starting_file() -> str:
    """A config file that changes nothing: every key with its effect and default, commented out."""
    lines = [_STARTING_HEAD + "{"]
    _write_section(lines, table.tree(), "", "  ")
    lines.append("}\n")
    return "\n".join(lines)


def write_starting_file(files: Files, path: str) -> None:
    """Write a starting file and the folders on its way. ConfigError if there is a file already."""
    parent = path.rpartition("/")[0]
    if parent:
        files.make_folder(parent)
    try:
        files.write_atomic(path, starting_file().encode(), is_new=True)
    except FileChanged:
        raise ConfigError(path, "no file there yet", "one", "move it away, or name another path")


def _sections(root: dict[str, object], names: list[str]) -> list[dict[str, object]]:
    """The sections at a path; `*` in it stands for all that are there."""
    found = [root]
    for name in names:
        inner = [one for section in found for one in (section.values() if name == "*" else (section[name],))]
        found = [one for one in inner if isinstance(one, dict)]
    return found


def _redacted(value: object) -> object:
    if isinstance(value, dict):
        return {name: _redacted(inner) for name, inner in value.items()}
    return REDACTED if value else value


def _section_schema(node: dict[str, object], path: str) -> dict[str, object]:
    properties: dict[str, object] = {}
    for name, inner in node.items():
        if inner is None:
            _add_both(properties, name, {"description": "Not in this version; ignored."})
        elif isinstance(inner, Key):
            _add_both(properties, name, _key_schema(inner))
        elif isinstance(inner, dict):
            properties[name] = _section_schema(inner, path + name + ".")
    result: dict[str, object] = {"type": "object", "properties": properties, "additionalProperties": False}
    for section, words in table.SECTIONS:
        if section + "." == path:
            result["description"] = words
    return result


def _providers_schema(description: object) -> dict[str, object]:
    provider = {"$ref": "#/$defs/provider"}
    properties: dict[str, object] = {}
    for name in table.PROVIDERS:
        _add_both(properties, name, provider)
    needs_base = {"anyOf": [{"required": ["api_base"]}, {"required": ["apiBase"]}]}
    text = {"type": "string", "minLength": 1}
    has_base = {"properties": {"api_base": text, "apiBase": text}}
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "propertyNames": {"pattern": "^[A-Za-z0-9_.-]{1,64}$"},
        "additionalProperties": {"allOf": [provider, needs_base, has_base]},
    }


def _key_schema(key: Key) -> dict[str, object]:
    kind = key.kind
    result: dict[str, object] = {"description": key.effect, "default": _plain(key.default)}
    if kind == table.FLAG:
        result["type"] = "boolean"
    elif kind in (table.INTEGER, table.NUMBER):
        result["type"] = kind
        result["minimum"] = key.low
        result["maximum"] = key.high
    elif kind == table.TEXTS:
        result["type"] = "array"
        result["items"] = {"type": "string", "minLength": 1, "pattern": _PATTERNS[table.TEXT]}
    elif kind == table.INTEGERS:
        result["type"] = "array"
        result["items"] = {"type": "integer", "minimum": key.low, "maximum": key.high}
    elif kind == table.HEADERS:
        result["type"] = "object"
        result["propertyNames"] = {"pattern": _HEADER_NAME}
        result["additionalProperties"] = {"type": "string", "pattern": _PATTERNS[table.PRINTABLE]}
    elif kind == table.CHOICE:
        result["enum"] = list(key.choices)
    else:
        result["type"] = "string"
        result["pattern"] = _PATTERNS[kind]
        if kind == table.PATH:
            result["not"] = {"type": "string", "pattern": _UP_PATTERN}
    if key.is_secret:
        result["writeOnly"] = True
    if key.default is None:
        _allow_null(result, kind)
    return result


def _allow_null(result: dict[str, object], kind: str) -> None:
    choices = result.get("enum")
    if isinstance(choices, list):
        choices.append(None)
    else:
        result["type"] = [result["type"], "null"]
    if kind in (table.TEXT, table.PATH, table.URL):  # an empty text is null there
        result["pattern"] = "^$|" + str(result["pattern"])


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _add_both(properties: dict[str, object], name: str, value: object) -> None:
    properties[name] = value
    other = table.camel(name)
    if other != name:
        properties[other] = value


def _write_section(lines: list[str], node: dict[str, object], path: str, indent: str) -> None:
    for name, inner in node.items():
        if isinstance(inner, Key):
            _write_key(lines, inner, name, indent + "// ")
        elif isinstance(inner, dict) and path + name in [section for section, _ in table.SECTIONS]:
            for section, words in table.SECTIONS:
                if section == path + name:
                    lines.append("")
                    lines.append(indent + "// " + words)
            if "*" in inner:
                _write_providers(lines, indent)
            else:
                lines.append(indent + json_text(name) + ": {")
                _write_section(lines, inner, path + name + ".", indent + "  ")
            lines.append(indent + "},")


def _write_providers(lines: list[str], indent: str) -> None:
    lines.append(indent + "// Known names: " + ", ".join(table.PROVIDERS) + ".")
    lines.append(indent + "// Any other name is your own and needs an api_base; its models are NAME/MODEL.")
    lines.append(indent + '"providers": {')
    inside = indent + "  // "
    lines.append(inside + json_text(_STARTING_PROVIDER) + ": {")
    for name, key in table.provider_keys().items():
        _write_key(lines, key, name, inside + "  ")
    lines.append(inside + "},")


def _write_key(lines: list[str], key: Key, name: str, indent: str) -> None:
    is_plain = key.kind not in (table.INTEGER, table.INTEGERS, table.NUMBER, table.CHOICE)
    lines.append(indent + key.effect + ("" if is_plain else " Takes " + expected(key) + "."))
    lines.append(indent + json_text(name) + ": " + json_text(_plain(key.default)) + ",")
