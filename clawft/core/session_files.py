"""Session keys into file names and back: ours, which lose nothing, and upstream's, which can. Reads no file."""

from __future__ import annotations

SUFFIX = ".jsonl"
# Longer names would not fit, with the ending of a file that is kept aside, into the 255 bytes file systems allow.
NAME_LIMIT_BYTES = 200
PREFIX_BYTES = 120
# `%` is followed by a hexadecimal digit in every name that is written out: this starts a hash instead.
HASH_MARK = "%-"
SAFE = "abcdefghijklmnopqrstuvwxyz0123456789.-"
DIGITS = "0123456789ABCDEF"
# Windows takes these for devices, whatever follows the first dot.
RESERVED = ("con", "prn", "aux", "nul")
RESERVED_NUMBERED = ("com", "lpt")
NUMBERED_LENGTH = 4
UPSTREAM_KEY_LIMIT_BYTES = 256


def session_file_name(key: str) -> str:
    """The name of a session's file: no two keys share one, on file systems that ignore case as on others.

    Any text is a key, also one with `/`, NUL or half a surrogate pair; only the empty one is a ValueError.
    """
    if not key:
        raise ValueError("a session key may not be empty")
    parts = [character if character in SAFE else _escaped(ord(character)) for character in key]
    if key[0] in ".-" or _is_reserved(key.split(".", 1)[0]):
        parts[0] = _escaped(ord(key[0]))
    name = "".join(parts)
    if len(name) > NAME_LIMIT_BYTES:
        name = _shortened(parts, name)
    return name + SUFFIX


def _is_reserved(stem: str) -> bool:
    return stem in RESERVED or (
        len(stem) == NUMBERED_LENGTH and stem[:3] in RESERVED_NUMBERED and stem[3] in DIGITS[:10]
    )


def _escaped(code: int) -> str:
    """The UTF-8 bytes of a character, percent-encoded. Written out, as encoders refuse half a surrogate pair."""
    if code < 0x80:  # noqa: PLR2004 - the limits of UTF-8's lengths, as in RFC 3629
        codes = [code]
    elif code < 0x800:  # noqa: PLR2004 - as above
        codes = [0xC0 | code >> 6]
    elif code < 0x10000:  # noqa: PLR2004 - as above
        codes = [0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F]
    else:
        codes = [0xF0 | code >> 18, 0x80 | code >> 12 & 0x3F, 0x80 | code >> 6 & 0x3F]
    if code >= 0x80:  # noqa: PLR2004 - as above
        codes.append(0x80 | code & 0x3F)
    return "".join(["%" + DIGITS[byte >> 4] + DIGITS[byte & 15] for byte in codes])


def _shortened(parts: list[str], name: str) -> str:
    import binascii  # noqa: PLC0415 - few keys are that long
    import hashlib  # noqa: PLC0415

    prefix = ""
    for part in parts:
        if len(prefix) + len(part) > PREFIX_BYTES:
            break
        prefix += part
    return prefix + HASH_MARK + binascii.hexlify(hashlib.sha256(name.encode()).digest()).decode()


def session_key(name: str) -> str | None:
    """The key that a file name stands for; None if it is no name of ours, or one that only its header can tell."""
    if not name.endswith(SUFFIX):
        return None
    codes = []
    encoded = name[: -len(SUFFIX)]
    position = 0
    while position < len(encoded):
        if encoded[position] == "%":
            high = DIGITS.find(encoded[position + 1 : position + 2] or "?")
            low = DIGITS.find(encoded[position + 2 : position + 3] or "?")
            if high < 0 or low < 0:
                return None
            codes.append(high * 16 + low)
            position += 3
        elif encoded[position] in SAFE:
            codes.append(ord(encoded[position]))
            position += 1
        else:
            return None
    key = _decoded(codes)
    return key if key and session_file_name(key) == name else None


def _decoded(codes: list[int]) -> str | None:
    text = []
    position = 0
    while position < len(codes):
        first = codes[position]
        length = 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4  # noqa: PLR2004 - RFC 3629
        code = first if length == 1 else first & (0x7F >> length)
        for byte in codes[position + 1 : position + length]:
            code = code << 6 | byte & 0x3F
        if code > 0x10FFFF:  # noqa: PLR2004 - the last character there is
            return None
        text.append(chr(code))
        position += length
    return "".join(text)


def is_hashed_name(name: str) -> bool:
    """If only the header of this file of ours can tell the key."""
    return HASH_MARK in name and name.endswith(SUFFIX)


def upstream_file_name(key: str) -> str | None:
    """The name upstream gave a key's file, `:` becoming `_`; None for keys upstream refused."""
    try:
        length_bytes = len(key.encode())
    except UnicodeError:  # half a surrogate pair
        return None
    if length_bytes == 0 or length_bytes > UPSTREAM_KEY_LIMIT_BYTES or ".." in key:
        return None
    for character in key:
        if character in "/\\" or (character < " " and character != "\t"):
            return None
    return key.replace(":", "_") + SUFFIX


def upstream_key(name: str) -> str | None:
    """The key a file of upstream's belongs to; None if it could belong to several.

    Keys are `channel:chat`, so one `_` was the colon; with more of them nobody can tell which one was.
    """
    stem = name[: -len(SUFFIX)]
    return stem.replace("_", ":") if stem.count("_") <= 1 else None
