"""Turns the arguments a model wrote into what the wire formats want back. Decides nothing about running a tool."""

from __future__ import annotations

from clawft.core.compat import json_text, json_value


def arguments_object(text: str) -> dict[str, object]:
    """The object that a tool call's JSON text holds; what is no object comes back as `{"invalid_arguments": text}`.

    Providers refuse a history whose calls do not hold objects, and the model must see what it wrote to do better.
    """
    if not text.strip():
        return {}
    try:
        value = json_value(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"invalid_arguments": text}


def arguments_text(value: object) -> str:
    """The JSON text of arguments as a provider sent them: text as it is, nothing as `{}`, an object as JSON."""
    if isinstance(value, str):
        return value if value.strip() else "{}"
    return "{}" if value is None else json_text(value)


def call_id_for(given: object, reply_id: str, position: int, taken: list[str]) -> str:
    """An id no other call of this reply has: the provider's own, or one made from the reply's id and the position."""
    if isinstance(given, str) and given and given not in taken:
        return given
    letters = "".join([letter for letter in reply_id if letter in LETTERS])
    return "call_" + (letters[-16:] + "_" if letters else "") + str(position + 1)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
