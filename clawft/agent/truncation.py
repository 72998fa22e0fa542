"""Turns a tool's result into JSON text of bounded size, keeping the head and tail of what is long. Calls nothing.

Time is linear in the size of the result: each value is measured once at each of at most DEPTH_LIMIT levels, and a
cut is found by halving, on no more text than the limit.
"""

from __future__ import annotations

from clawft.core.compat import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEPTH_LIMIT = 6
LEAST_BYTES = 5  # of any value: what OMITTED takes
OMITTED = '"…"'
LEAST_CUT_ITEM_BYTES = 200  # a list's item is cut, rather than left out, if it may keep this much


def fit(result: Mapping[str, object], limit_bytes: int) -> str:
    """JSON of at most `limit_bytes` (expected >= 64), unchanged if it fits.

    Otherwise long strings keep their two ends around `… N bytes omitted …`, lists their first items and
    `{"_truncated":true,"original_count":N}`, objects their first keys and `"_truncated":true`.
    """
    return _fit_object(result, max(limit_bytes, LEAST_BYTES), 0)


def _fit(value: object, limit_bytes: int, depth: int) -> str:
    """JSON of a value that is known to be longer than `limit_bytes` (at least LEAST_BYTES)."""
    if depth < DEPTH_LIMIT:
        if isinstance(value, dict):
            return _fit_object(value, limit_bytes, depth)
        if isinstance(value, (list, tuple)):
            return _fit_list(value, limit_bytes, depth)
    return _fit_string(_whole_characters(value) if isinstance(value, str) else _text_of(value), limit_bytes)


def _measured(value: object, limit_bytes: int) -> tuple[str, int]:
    """The JSON of a value and its size; ("", something larger) where it is sure to be over `limit_bytes`."""
    if isinstance(value, (str, list)) and len(value) > limit_bytes:
        return "", len(value)
    text = _text_of(value)
    return text, _size(text)


def _text_of(value: object) -> str:
    """JSON text that is sure to be UTF-8, whatever a tool returned."""
    try:
        text = json_text(value)
    except (
        TypeError,
        ValueError,
        RuntimeError,
    ):  # not JSON, NaN, nested without end: shown as Python shows it
        text = json_text(_shown(value))
    return _whole_characters(text)


def _shown(value: object) -> str:
    try:
        return str(value)
    except RuntimeError:
        return "nested too deeply to be shown"


def _size(text: str) -> int:
    return len(text.encode())


def _fit_object(value: Mapping[str, object], limit_bytes: int, depth: int) -> str:
    keys = [_text_of(str(key)) + ":" for key in value]
    items = [(item,) + _measured(item, limit_bytes) for item in value.values()]
    count = _keys_with_room(keys, items, limit_bytes)
    sentinel = ""
    if count < len(keys):
        sentinel = ("," if count else "") + '"_truncated":true,"original_keys":' + str(len(keys))
        if len(sentinel) + 2 > limit_bytes:
            return OMITTED
    room = limit_bytes - 1 - max(count, 1) - sum([_size(key) for key in keys[:count]]) - len(sentinel)
    share = _share([size for _, _, size in items[:count]], room)
    parts = []
    for key, (item, text, size) in zip(keys[:count], items):
        parts.append(key + (text if size <= share else _fit(item, share, depth + 1)))
    return "{" + ",".join(parts) + sentinel + "}"


def _keys_with_room(keys: list[str], items: list[tuple[object, str, int]], limit_bytes: int) -> int:
    """How many of the first keys can be kept with the least that a value needs."""
    sentinel_bytes = len(',"_truncated":true,"original_keys":') + len(str(len(keys)))
    needed = 1
    count = 0
    for index, key in enumerate(keys):
        needed += _size(key) + 1 + min(items[index][2], LEAST_BYTES)
        if needed > limit_bytes:
            return count
        if needed + sentinel_bytes <= limit_bytes:
            count = index + 1
    return len(keys)


def _share(sizes: list[int], room: int) -> int:
    """The most bytes that each value may have so that all have room, the small ones whole."""
    left = len(sizes)
    for size in sorted(sizes):
        if size * left > room:
            return room // left
        room -= size
        left -= 1
    return max(sizes) if sizes else 0


def _fit_list(value: list[object] | tuple[object, ...], limit_bytes: int, depth: int) -> str:
    sentinel = '{"_truncated":true,"original_count":' + str(len(value)) + "}"
    room = limit_bytes - len(sentinel) - 2
    if room < 0:
        return OMITTED
    parts = []
    for item in value:
        text, size = _measured(item, room)
        if size + 1 > room:
            if room >= LEAST_CUT_ITEM_BYTES:
                parts.append(_fit(item, room - 1, depth + 1))
            break
        parts.append(text)
        room -= size + 1
    parts.append(sentinel)
    return "[" + ",".join(parts) + "]"


def _fit_string(text: str, limit_bytes: int) -> str:
    """A JSON string of at most `limit_bytes`: both ends of the text around a marker, or only OMITTED."""
    total = _size(text)
    room = limit_bytes - 2 - _inner_size(_marker(total))
    if room < 0:
        return OMITTED
    start = text[: room // 2]
    head_count = _most_that_fit(len(start), room // 2, start, is_tail=False)
    end = text[max(head_count, len(text) - room) :]
    tail_count = _most_that_fit(len(end), room - _inner_size(text[:head_count]), end, is_tail=True)
    head = text[:head_count]
    tail = end[len(end) - tail_count :]
    return json_text(head + _marker(total - _size(head) - _size(tail)) + tail)


def _most_that_fit(most: int, room_bytes: int, text: str, *, is_tail: bool) -> int:
    """How many characters of one end of a text fit, as JSON, into `room_bytes`; found by halving."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        piece = text[len(text) - middle :] if is_tail else text[:middle]
        if _inner_size(piece) <= room_bytes:
            least = middle
        else:
            most = middle - 1
    return least


def _inner_size(text: str) -> int:
    """The bytes of a text inside a JSON string."""
    return _size(json_text(text)) - 2


def _marker(count_bytes: int) -> str:
    return f"\n… {count_bytes:,} bytes omitted …\n"


def _whole_characters(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which UTF-8 has no bytes for."""
    try:
        text.encode()
    except UnicodeError:
        return "".join(["\ufffd" if 0xD800 <= ord(character) < 0xE000 else character for character in text])  # noqa: PLR2004 - surrogates
    return text
