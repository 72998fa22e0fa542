"""Turns the bytes of a JSON file with comments and trailing commas into values that know their lines.

Written by hand because only so do errors and repeated keys have a place on every runtime. Works on bytes: their
indexing takes the same time everywhere. Holds no rule about what a file may say.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Never

MOST_DEPTH = 32
MOST_NUMBER_CHARACTERS = 64
MOST_REPEATED_KEYS = 20

_ESCAPES = {
    0x22: '"',
    0x5C: "\\",
    0x2F: "/",
    0x62: "\b",
    0x66: "\f",
    0x6E: "\n",
    0x72: "\r",
    0x74: "\t",
}
_BOM = b"\xef\xbb\xbf"

_NEWLINE = 0x0A
_SPACE = 0x20
_QUOTE = 0x22
_STAR = 0x2A
_PLUS = 0x2B
_COMMA = 0x2C
_MINUS = 0x2D
_POINT = 0x2E
_SLASH = 0x2F
_ZERO = 0x30
_NINE = 0x39
_COLON = 0x3A
_UPPER_A = 0x41
_UPPER_E = 0x45
_UPPER_F = 0x46
_OPEN_LIST = 0x5B
_CLOSE_LIST = 0x5D
_LETTER_E = 0x65
_LETTER_U = 0x75
_OPEN_OBJECT = 0x7B
_CLOSE_OBJECT = 0x7D
_DELETE = 0x7F
_HIGH_SURROGATES = 0xD800
_LOW_SURROGATES = 0xDC00
_AFTER_SURROGATES = 0xE000


class JsoncError(Exception):
    """The text is not JSON with comments. `line` and `column` count from 1, columns in characters."""

    def __init__(self, line: int, column: int, expected: str, found: str) -> None:
        super().__init__(f"line {line} column {column}: expected {expected}, found {found}")
        self.line = line
        self.column = column
        self.expected = expected
        self.found = found


class Document:
    """A parsed file. `repeated` has the first 20 keys that their object already had; the last value counts."""

    __slots__ = ("_data", "_offsets", "repeated", "value")

    def __init__(
        self,
        data: bytes,
        value: object,
        offsets: dict[int, dict[str, int]],
        repeated: list[tuple[str, int]],
    ) -> None:
        self._data = data
        self._offsets = offsets
        self.value = value
        self.repeated = [(key, _place(data, offset)[0]) for key, offset in repeated]

    def line(self, section: object, key: str) -> int:
        """The line of a key of one of the document's own objects, 0 if it is not there."""
        offset = self._offsets.get(id(section), {}).get(key, -1)
        return 0 if offset < 0 else _place(self._data, offset)[0]


def parse(data: bytes) -> Document:
    """The value of a whole file. Raises JsoncError; nesting ends at 32 levels, numbers at 64 characters."""
    _check_encoding(data)
    reader = _Reader(data)
    reader.skip()
    value = reader.value()
    reader.skip()
    if reader.position < len(data):
        reader.fail("the end of the file")
    return Document(data, value, reader.offsets, reader.repeated)


def is_blank(data: bytes) -> bool:
    """Whether there is nothing in a file but space and comments. Raises JsoncError."""
    _check_encoding(data)
    reader = _Reader(data)
    reader.skip()
    return reader.position >= len(data)


def _check_encoding(data: bytes) -> None:
    try:
        str(data, "utf-8")
    except ValueError:  # UnicodeDecodeError where there is one; the bad line is looked for only now
        number = 0
        for line in data.split(b"\n"):
            number += 1
            try:
                str(line, "utf-8")
            except ValueError:
                break
        raise JsoncError(number, 1, "UTF-8 text", "bytes that are not UTF-8")


def _place(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    start = before.rfind(b"\n") + 1
    if start == 0 and before.startswith(_BOM):
        start = len(_BOM)
    return before.count(b"\n") + 1, len(str(before[start:], "utf-8")) + 1


class _Reader:
    """A recursive descent over bytes; `position` is the next byte to read."""

    __slots__ = ("_data", "_depth", "_end", "offsets", "position", "repeated")

    def __init__(self, data: bytes) -> None:
        self._data = data + b"\0"  # so that the byte at `position` can always be looked at
        self._end = len(data)
        self._depth = 0
        self.position = len(_BOM) if data.startswith(_BOM) else 0
        self.offsets: dict[int, dict[str, int]] = {}
        self.repeated: list[tuple[str, int]] = []

    def fail(self, expected: str, position: int = -1) -> Never:
        at = self.position if position < 0 else position
        found = "the end of the file"
        if at < self._end:
            byte = self._data[at]
            if byte == _NEWLINE:
                found = "the end of the line"
            elif _SPACE < byte < _DELETE:
                found = "'" + chr(byte) + "'"
            else:
                found = "another character"
        line, column = _place(self._data[: self._end], at)
        raise JsoncError(line, column, expected, found)

    def skip(self) -> None:
        data = self._data
        position = self.position
        while True:
            byte = data[position]
            if byte in (_SPACE, _NEWLINE, 0x0D, 0x09):
                position += 1
            elif byte != _SLASH:
                break
            else:
                position = self._comment_end(position)
        self.position = position

    def _comment_end(self, position: int) -> int:
        data = self._data
        kind = data[position + 1]
        if kind == _SLASH:
            end = data.find(b"\n", position)
            return self._end if end < 0 else end
        if kind == _STAR:
            end = data.find(b"*/", position + 2)
            if end < 0:
                self.position = self._end
                self.fail("*/ after the /* of " + self._line(position))
            return end + 2
        return self.fail("// or /* to begin a comment", position)

    def _line(self, position: int) -> str:
        return "line " + str(_place(self._data, position)[0])

    def value(self) -> object:
        byte = self._data[self.position]
        if byte == _QUOTE:
            return self._string()
        if byte == _OPEN_OBJECT:
            return self._object()
        if byte == _OPEN_LIST:
            return self._list()
        if byte == _MINUS or _ZERO <= byte <= _NINE:
            return self._number()
        for word, meaning in ((b"true", True), (b"false", False), (b"null", None)):
            end = self.position + len(word)
            if self._data[self.position : end] == word:
                self.position = end
                return meaning
        return self.fail("a value")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self.fail(f"at most {MOST_DEPTH} levels of {{ and [")
        self.position += 1

    def _object(self) -> dict[str, object]:
        self._deeper()
        opened = self.position - 1
        result: dict[str, object] = {}
        offsets: dict[str, int] = {}
        while True:
            self.skip()
            byte = self._data[self.position]
            if byte == _CLOSE_OBJECT:
                break
            if byte != _QUOTE:
                self.fail('a key in double quotes or the "}" for the "{" of ' + self._line(opened))
            start = self.position
            key = self._string()
            self.skip()
            if self._data[self.position] != _COLON:
                self.fail('":"')
            self.position += 1
            self.skip()
            if key in result and len(self.repeated) < MOST_REPEATED_KEYS:
                self.repeated.append((key, start))
            result[key] = self.value()
            offsets[key] = start
            self._comma(_CLOSE_OBJECT, '"," or the "}" for the "{" of ', opened)
        self.position += 1
        self._depth -= 1
        self.offsets[id(result)] = offsets
        return result

    def _list(self) -> list[object]:
        self._deeper()
        opened = self.position - 1
        result: list[object] = []
        while True:
            self.skip()
            if self._data[self.position] == _CLOSE_LIST:
                break
            result.append(self.value())
            self._comma(_CLOSE_LIST, '"," or the "]" for the "[" of ', opened)
        self.position += 1
        self._depth -= 1
        return result

    def _comma(self, closing: int, expected: str, opened: int) -> None:
        self.skip()
        byte = self._data[self.position]
        if byte == _COMMA:
            self.position += 1
        elif byte != closing:
            self.fail(expected + self._line(opened))

    def _number(self) -> int | float:
        data = self._data
        start = self.position
        position = start + 1 if data[start] == _MINUS else start
        first = position
        position = self._digits(position)
        if data[first] == _ZERO and position > first + 1:
            self.fail("a number without leading zeros", first)
        is_whole = True
        if data[position] == _POINT:
            is_whole = False
            position = self._digits(position + 1)
        if data[position] in (_LETTER_E, _UPPER_E):
            is_whole = False
            position += 1
            if data[position] in (_PLUS, _MINUS):
                position += 1
            position = self._digits(position)
        if position - start > MOST_NUMBER_CHARACTERS:
            self.fail(f"a number of at most {MOST_NUMBER_CHARACTERS} characters", start)
        self.position = position
        digits = str(data[start:position], "utf-8")
        return int(digits) if is_whole else float(digits)

    def _digits(self, position: int) -> int:
        start = position
        while _ZERO <= self._data[position] <= _NINE:
            position += 1
        if position == start:
            self.fail("a digit", position)
        return position

    def _string(self) -> str:
        data = self._data
        opened = self.position
        start = opened + 1
        quote = data.find(b'"', start)
        pieces: list[str] = []
        while quote >= 0:
            escape = data.find(b"\\", start, quote)
            stop = quote if escape < 0 else escape
            self._plain(start, stop, pieces)
            if escape < 0:
                self.position = quote + 1
                return pieces[0] if len(pieces) == 1 else "".join(pieces)
            start = self._escape(escape + 1, pieces)
            if (
                start > quote
            ):  # the quote was an escaped one: look for the next, never twice over the same bytes
                quote = data.find(b'"', start)
        self._plain(start, self._end, pieces)
        self.position = self._end
        return self.fail("the '\"' that ends the text begun on " + self._line(opened))

    def _plain(self, start: int, stop: int, pieces: list[str]) -> None:
        chunk = self._data[start:stop]
        if chunk and min(chunk) < _SPACE:
            for offset, byte in enumerate(chunk):
                if byte < _SPACE:
                    self.fail("no line break or control character inside a text", start + offset)
        pieces.append(str(chunk, "utf-8"))

    def _escape(self, position: int, pieces: list[str]) -> int:
        byte = self._data[position]
        if byte != _LETTER_U:
            if byte not in _ESCAPES:
                self.fail('one of " \\ / b f n r t u after a backslash', position)
            pieces.append(_ESCAPES[byte])
            return position + 1
        code = self._hex(position + 1)
        position += 5
        if _HIGH_SURROGATES <= code < _LOW_SURROGATES and self._data[position : position + 2] == b"\\u":
            low = self._hex(position + 2)
            if _LOW_SURROGATES <= low < _AFTER_SURROGATES:
                code = 0x10000 + ((code - _HIGH_SURROGATES) << 10) + (low - _LOW_SURROGATES)
                position += 6
        if _HIGH_SURROGATES <= code < _AFTER_SURROGATES:
            self.fail("\\u escapes of surrogates in pairs", position)
        pieces.append(chr(code))
        return position

    def _hex(self, position: int) -> int:
        code = 0
        for offset in range(position, position + 4):
            byte = self._data[offset]
            if _ZERO <= byte <= _NINE:
                code = code * 16 + byte - _ZERO
            elif _UPPER_A <= (byte & 0xDF) <= _UPPER_F:  # upper- and lower-case letters differ in one bit
                code = code * 16 + (byte & 0xDF) - _UPPER_A + 10
            else:
                self.fail("four hexadecimal digits after \\u", offset)
        return code
