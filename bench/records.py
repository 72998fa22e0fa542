"""Turns frozen dataclasses into JSON and back, and refuses by name what does not fit. Knows no record by name.

A field is a str, int, float, bool, a Literal, another Record, one of these or None, or a tuple of one of these.
`float` takes whole numbers, too; no number may be NaN or infinite.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self


class BadRecord(ValueError):
    """Something that is not the record it was read as: where, what was expected, what was found."""


@dataclasses.dataclass(frozen=True)
class Record:
    """What every record can do. A field's JSON key is its name, or `key` in its metadata."""

    def as_json(self) -> dict[str, Any]:
        return {_key(field): _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, value: object, where: str = "") -> Self:
        """The record. BadRecord for a key that is missing, unknown or of another type; `where` names the record."""
        where = where or cls.__name__
        if not isinstance(value, dict):
            raise BadRecord(f"{where}: expected an object, found {_shown(value)}")
        fields = {_key(field): field for field in dataclasses.fields(cls)}
        check_keys(where, value, fields)
        kinds = typing.get_type_hints(cls)
        made = {
            field.name: _read(kinds[field.name], value[key], f"{where}.{key}")
            for key, field in fields.items()
        }
        return cls(**made)


def check_keys(where: str, found: Iterable[str], expected: Iterable[str]) -> None:
    """BadRecord unless both are the same; it names the keys, and what an unknown one may have been meant to be."""
    missing = [key for key in expected if key not in set(found)]
    unknown = [key for key in found if key not in set(expected)]
    said = []
    if missing:
        said.append(f"without {', '.join(missing)}")
    for key in unknown:
        near = get_close_matches(key, missing or list(expected), 1)
        said.append(f"unknown key {key}" + (f" (did you mean {near[0]}?)" if near else ""))
    if said:
        raise BadRecord(f"{where}: {'; '.join(said)}")


def _key(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("key", field.name))


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return value.as_json()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _read(kind: Any, value: object, where: str) -> object:  # noqa: ANN401 - what get_type_hints gives has no type
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, Union):
        if value is None and types.NoneType in inside:
            return None
        return _read(next(one for one in inside if one is not types.NoneType), value, where)
    if origin is typing.Literal:
        if value not in inside:
            raise BadRecord(f"{where}: expected one of {', '.join(map(str, inside))}, found {_shown(value)}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise BadRecord(f"{where}: expected a list, found {_shown(value)}")
        return tuple(_read(inside[0], one, f"{where}[{number}]") for number, one in enumerate(value))
    if isinstance(kind, type) and issubclass(kind, Record):
        return kind.from_json(value, where)
    return _read_plain(kind, value, where)


def _read_plain(kind: type, value: object, where: str) -> object:
    # A bool is an int to Python, and not to us.
    is_fitting = isinstance(value, (int, float) if kind is float else kind)
    if not is_fitting or isinstance(value, bool) != (kind is bool):
        raise BadRecord(f"{where}: expected {_NAMES[kind]}, found {_shown(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadRecord(f"{where}: {value} is no number that anything can be compared with")
    return value


_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_SHOWN_LENGTH = 60


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "..."
