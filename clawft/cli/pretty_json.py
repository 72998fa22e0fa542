"""Turns a value into indented JSON for a person to read; programs are given one line."""

from __future__ import annotations

from clawft.core.compat import json_text

STEP = "  "


def pretty_json(value: object, indent: str = "") -> str:
    """JSON with one key or item a line; empty objects and lists, and lists of scalars, stay on one."""
    inside = indent + STEP
    if isinstance(value, dict) and value:
        rows = [
            inside + json_text(str(name)) + ": " + pretty_json(inner, inside) for name, inner in value.items()
        ]
        return "{\n" + ",\n".join(rows) + "\n" + indent + "}"
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        rows = [inside + pretty_json(item, inside) for item in value]
        return "[\n" + ",\n".join(rows) + "\n" + indent + "]"
    return json_text(value)
