"""Turns the argument text of a tool call into checked arguments, or says what to send instead. Runs no tools.

Repaired is only what models really write wrong and what can mean one thing. Text that was cut off inside a value is
refused: half a file written is worse than a call asked for again.
"""

from __future__ import annotations

from clawft.core.compat import json_value
from clawft.core.errors import ToolError

DEPTH_LIMIT = 64
SHOWN_PROBLEMS = 5
SHOWN_LENGTH = 40
WHOLE_FLOAT_LIMIT = 2.0**53  # above it a float does not say which whole number was meant


def tool_arguments(text: str, schema: dict[str, object]) -> dict[str, object]:
    """The arguments of one call, which fit `schema`. ToolError says what is wrong, where, and what was expected.

    Empty text, "" and null are {}. Repaired: code fences around, an object inside a JSON string, commas before a
    closing bracket, raw control characters inside strings, and one missing last brace when every property the
    schema knows is already there. See `fitted` for values that are converted.
    """
    value = _parsed(text, schema)
    if isinstance(value, str) and value.strip().startswith("{"):
        value = _parsed(value, schema)
    if value is None or value == "":
        value = {}
    if not isinstance(value, dict):
        raise ToolError("arguments: expected one JSON object, found " + kind_of(value) + _excerpt(value))
    _check_depth(value)
    problems: list[str] = []
    fit = fitted(value, schema, "", problems)
    if problems:
        raise ToolError("; ".join(problems[:SHOWN_PROBLEMS]))
    return fit if isinstance(fit, dict) else {}


def _parsed(text: str, schema: dict[str, object]) -> object:
    text = text.strip().lstrip("\ufeff")
    if not text:
        return {}
    try:
        return json_value(text)
    except (ValueError, RuntimeError):  # RuntimeError: nested deeper than the parser's stack
        from clawft.agent.repair import repaired  # noqa: PLC0415 - most calls are well-formed

        return json_value_or_error(repaired(text, schema))


def json_value_or_error(text: str) -> object:
    """The value of a JSON text; a ToolError that shows where it goes wrong."""
    try:
        return json_value(text)
    except RuntimeError:
        raise ToolError(f"arguments: nested deeper than {DEPTH_LIMIT} levels")
    except ValueError as error:
        at = getattr(error, "pos", None)
        near = " near " + _quoted(text[max(0, at - 10) : at + 10]) if isinstance(at, int) else ""
        raise ToolError("arguments: not valid JSON: " + str(error) + near + "; send one JSON object")


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(DEPTH_LIMIT):
        below: list[object] = []
        for container in level:
            items = list(container.values()) if isinstance(container, dict) else container
            if isinstance(items, list):
                below.extend([item for item in items if isinstance(item, (dict, list))])
        if not below:
            return
        level = below
    raise ToolError(f"arguments: nested deeper than {DEPTH_LIMIT} levels")


def fitted(value: object, schema: object, path: str, problems: list[str]) -> object:
    """The value as the schema wants it; what does not fit is told in `problems`, named by its path.

    Understood: type, enum, properties, required, additionalProperties, items, minimum, maximum. Converted, because
    models write them and they mean one thing: "5" and 5.0 for an integer, "2.5" for a number, "true" and "false"
    for a boolean, a whole number for a string, null for an argument that may be left out.
    """
    if not isinstance(schema, dict):
        return value
    types = schema.get("type")
    names = types if isinstance(types, list) else [types] if isinstance(types, str) else []
    if names:
        converted = _converted(value, names)
        if converted is None and "null" not in names:
            expected = " or ".join([str(name) for name in names])
            problems.append(
                _name(path) + "expected " + expected + ", found " + kind_of(value) + _excerpt(value)
            )
            return None
        value = converted
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        shown = ", ".join([str(choice) for choice in choices])
        problems.append(
            _name(path) + "expected one of " + shown + ", found " + kind_of(value) + _excerpt(value)
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_range(value, schema, path, problems)
    if isinstance(value, dict):
        return _fitted_object(value, schema, path, problems)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        return [
            fitted(item, items, path + "[" + str(index) + "]", problems) for index, item in enumerate(value)
        ]
    return value


def _fitted_object(
    value: dict[str, object], schema: dict[str, object], path: str, problems: list[str]
) -> dict[str, object]:
    known = schema.get("properties")
    known = known if isinstance(known, dict) else {}
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    others = schema.get("additionalProperties", True)
    result: dict[str, object] = {}
    for key, item in value.items():
        inner = path + "." + key if path else key
        if key in known:
            if item is None and key not in required and not _allows_null(known[key]):
                continue
            result[key] = fitted(item, known[key], inner, problems)
        elif others is False:
            problems.append(_unknown(key, path, list(known)))
        else:
            result[key] = fitted(item, others, inner, problems)
    for key in required:
        if key not in value:
            inner = path + "." + str(key) if path else str(key)
            expected = known[key].get("type", "a value") if isinstance(known.get(key), dict) else "a value"
            problems.append(_name(inner) + "is required, expected " + str(expected) + ", found nothing")
    return result


def _converted(value: object, types: list[object]) -> object:
    """The value as the first type it fits, None if it fits none (or is null)."""
    for name in types:
        if name == kind_of(value) or (name == "number" and kind_of(value) == "integer"):
            return value
    for name in types:
        converted = _converted_to(value, str(name))
        if converted is not None:
            return converted
    return None


def _converted_to(value: object, name: str) -> object:
    if name == "integer":
        if isinstance(value, float) and abs(value) < WHOLE_FLOAT_LIMIT and value == int(value):
            return int(value)
        return int(value) if isinstance(value, str) and _is_whole(value) else None
    if name == "number" and isinstance(value, str):
        whole, dot, fraction = value.partition(".")
        is_number = _is_whole(whole) and (not dot or (fraction and _is_digits(fraction)))
        return (float(value) if dot else int(value)) if is_number else None
    if name == "boolean" and isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    if name == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def _is_whole(text: str) -> bool:
    digits = text[1:] if text.startswith("-") else text
    return 0 < len(digits) <= 18 and _is_digits(digits)  # noqa: PLR2004 - what fits 64 bits


def _is_digits(text: str) -> bool:
    return all("0" <= character <= "9" for character in text)


def _allows_null(schema: object) -> bool:
    types = schema.get("type") if isinstance(schema, dict) else None
    return types is None or types == "null" or (isinstance(types, list) and "null" in types)


def _check_range(value: float, schema: dict[str, object], path: str, problems: list[str]) -> None:
    least = schema.get("minimum")
    most = schema.get("maximum")
    if isinstance(least, (int, float)) and value < least:
        problems.append(_name(path) + "expected at least " + str(least) + ", found " + str(value))
    if isinstance(most, (int, float)) and value > most:
        problems.append(_name(path) + "expected at most " + str(most) + ", found " + str(value))


def _unknown(key: str, path: str, known: list[str]) -> str:
    from clawft.core.near import did_you_mean  # noqa: PLC0415 - only where a name is wrong

    hint = did_you_mean(key, known) or ("expected " + ", ".join(known) if known else "none are expected")
    inner = path + "." + key if path else key
    return "unknown argument " + _quoted(inner) + "; " + hint


def kind_of(value: object) -> str:
    """JSON Schema's name for what a value is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kind, name in ((str, "string"), (int, "integer"), (float, "number"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object"


def _name(path: str) -> str:
    return "argument " + _quoted(path) + ": " if path else "arguments: "


def _excerpt(value: object) -> str:
    return " " + _quoted(str(value)) if isinstance(value, (str, int, float)) and value is not True else ""


def _quoted(text: str) -> str:
    return '"' + text[:SHOWN_LENGTH] + ("..." if len(text) > SHOWN_LENGTH else "") + '"'
