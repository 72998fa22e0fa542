"""One line (or pasted lines) being edited on a terminal: bytes from the keyboard in, bytes for the screen out. No I/O.

Draws with a carriage return, `ESC [ n A`, `ESC [ n C` and `ESC [ J` only, which every terminal of the last decades has.
"""

from __future__ import annotations

from clawft.core.display import columns_of
from clawft.core.utf8 import character_at, text_of

PASTE_ON = "\x1b[?2004h"
PASTE_OFF = "\x1b[?2004l"
_PASTE_END = b"\x1b[201~"
_ESCAPE = 0x1B

_KEYS = {
    1: "home", 2: "left", 3: "interrupt", 4: "end_of_input", 5: "end", 6: "right", 8: "backspace", 9: "complete",
    10: "enter", 11: "kill_to_end", 12: "clear", 13: "enter", 14: "down", 16: "up", 21: "kill_to_start",
    23: "kill_word", 25: "yank", 127: "backspace",
}  # fmt: skip
# What follows ESC [ or ESC O; the last four are Ctrl or Alt with an arrow.
_SEQUENCES = {
    b"A": "up", b"B": "down", b"C": "right", b"D": "left", b"H": "home", b"F": "end",
    b"1~": "home", b"7~": "home", b"4~": "end", b"8~": "end", b"3~": "delete", b"200~": "paste",
    b"1;5C": "word_right", b"1;5D": "word_left", b"1;3C": "word_right", b"1;3D": "word_left",
    b"5C": "word_right", b"5D": "word_left",
}  # fmt: skip
_WITH_ALT = {0x62: "word_left", 0x66: "word_right", 0x64: "kill_next_word", 0x7F: "kill_word", 8: "kill_word"}


class LineEditor:
    """One prompt. Feed it until `outcome` is "line", "interrupt" or "end"; `rest` is what came after that."""

    def __init__(self, prompt: str, columns: int, history: list[str], words: tuple[str, ...] = ()) -> None:
        self.text = ""
        self.outcome = ""
        self.rest = b""
        self._at = 0  # the cursor, in characters of `text`
        self._prompt = prompt
        self._columns = max(columns, 2)
        self._history = history
        self._recalled = len(history)  # which line is shown; the last one is what was typed
        self._typed = ""
        self._words = words
        self._killed = ""
        self._row = 0  # where the cursor is on the screen, counted from the prompt's row
        self._is_pasting = False
        self._was_tab = False

    def start(self) -> str:
        """What to show first."""
        return self._drawn()

    def feed(self, data: bytes) -> str:
        """Take bytes, split anywhere; what to show for them."""
        shown = ""
        data = self.rest + data
        self.rest = b""
        at = 0
        while at < len(data) and not self.outcome:
            used, piece = self._take(data, at)
            if not used:
                break
            at += used
            shown += piece
        self.rest = data[at:]
        return shown

    def interrupt(self) -> str:
        """Ctrl-C, however it came."""
        return self._ended("interrupt", "^C")

    def _take(self, data: bytes, at: int) -> tuple[int, str]:
        """How many bytes the next key is (0: not all of it is there), and what to show for it."""
        if self._is_pasting:
            return self._take_paste(data, at)
        first = data[at]
        if first == _ESCAPE:
            return self._take_escape(data, at)
        if first in _KEYS:
            return 1, self._press(_KEYS[first])
        if first < 0x20:  # noqa: PLR2004 - a control character that means nothing here
            return 1, ""
        size, is_whole = character_at(data, at)
        if not is_whole:
            # The end of what came may be the middle of a character.
            is_begun = at + size == len(data) and first >= 0xC2 and size < 4  # noqa: PLR2004 - RFC 3629
            return (0, "") if is_begun else (size, "")
        # All plain characters at once: text that was typed ahead is drawn once.
        end = at + size
        while end < len(data) and data[end] >= 0x20 and data[end] != 0x7F:  # noqa: PLR2004 - as above
            size, is_whole = character_at(data, end)
            if not is_whole:
                break
            end += size
        return end - at, self._insert(data[at:end].decode())

    def _take_escape(self, data: bytes, at: int) -> tuple[int, str]:
        if at + 1 >= len(data):
            return 0, ""
        second = data[at + 1]
        if second not in b"[O":
            name = _WITH_ALT.get(second, "")
            return 2, self._press(name) if name else ""
        end = at + 2
        while end < len(data) and not 0x40 <= data[end] <= 0x7E:  # noqa: PLR2004 - the last byte, by ECMA-48
            end += 1
        if end >= len(data):
            return 0, ""
        name = _SEQUENCES.get(data[at + 2 : end + 1], "")
        return end + 1 - at, self._press(name) if name else ""

    def _take_paste(self, data: bytes, at: int) -> tuple[int, str]:
        end = data.find(_PASTE_END, at)
        if end < 0:
            return 0, ""  # kept in `rest` until its end is there
        self._is_pasting = False
        text = text_of(data[at:end]).replace("\r\n", "\n").replace("\r", "\n")
        plain = "".join([letter for letter in text if letter >= " " or letter in "\n\t"])
        return end + len(_PASTE_END) - at, self._insert(plain.replace("\t", "    "))

    def _press(self, name: str) -> str:
        was_tab = self._was_tab
        self._was_tab = name == "complete"
        if name == "complete":
            return self._complete(is_again=was_tab)
        if name == "enter":
            return self._ended("line", "")
        if name == "interrupt":
            return self.interrupt()
        if name == "paste":
            self._is_pasting = True
            return ""
        if name == "clear":
            self._row = 0
            return "\x1b[H\x1b[2J" + self._drawn()
        if name == "end_of_input":
            if not self.text:
                return self._ended("end", "")
            name = "delete"
        if name in {"up", "down"}:
            return self._recall(-1 if name == "up" else 1)
        if name == "yank":
            return self._insert(self._killed)
        if name in {"left", "right", "home", "end", "word_left", "word_right"}:
            self._at = self._target(name)
            return self._drawn()
        return self._remove(name)

    def _target(self, name: str) -> int:
        """Where a movement leads."""
        at = self._at
        text = self.text
        if name == "home":
            return text.rfind("\n", 0, at) + 1
        if name == "end":
            end = text.find("\n", at)
            return len(text) if end < 0 else end
        if name == "left":
            at = max(at - 1, 0)
            while at > 0 and not columns_of(text[at]) and text[at] != "\n":
                at -= 1
            return at
        if name == "right":
            at = min(at + 1, len(text))
            while at < len(text) and not columns_of(text[at]) and text[at] != "\n":
                at += 1
            return at
        if name == "word_left":
            while at > 0 and text[at - 1].isspace():
                at -= 1
            while at > 0 and not text[at - 1].isspace():
                at -= 1
            return at
        while at < len(text) and text[at].isspace():
            at += 1
        while at < len(text) and not text[at].isspace():
            at += 1
        return at

    def _remove(self, name: str) -> str:
        if name == "backspace":
            start = self._target("left")
            end = self._at
        elif name == "delete":
            start = self._at
            end = self._target("right")
        elif name == "kill_word":
            start = self._target("word_left")
            end = self._at
        elif name == "kill_next_word":
            start = self._at
            end = self._target("word_right")
        elif name == "kill_to_start":
            start = self._target("home")
            end = self._at
        else:
            start = self._at
            end = self._target("end")
        if start == end:
            return ""
        if name.startswith("kill"):
            self._killed = self.text[start:end]
        self.text = self.text[:start] + self.text[end:]
        self._at = start
        return self._drawn()

    def _insert(self, text: str) -> str:
        if not text:
            return ""
        self._was_tab = False
        is_at_end = self._at == len(self.text)
        _, before = self._place(len(self.text)) if is_at_end else (0, 0)
        self.text = self.text[: self._at] + text + self.text[self._at :]
        self._at += len(text)
        # The usual case, a letter at the end, needs no redrawing.
        if is_at_end and "\n" not in text and before + columns_of(text) < self._columns:
            return text
        return self._drawn()

    def _recall(self, step: int) -> str:
        wanted = self._recalled + step
        if not 0 <= wanted <= len(self._history):
            return ""
        if self._recalled == len(self._history):
            self._typed = self.text
        self._recalled = wanted
        self.text = self._typed if wanted == len(self._history) else self._history[wanted]
        self._at = len(self.text)
        return self._drawn()

    def _complete(self, *, is_again: bool) -> str:
        begun = self.text[: self._at]
        if " " in begun or "\n" in begun:
            return ""
        fitting = [word for word in self._words if word.startswith(begun)]
        if not fitting:
            return ""
        if len(fitting) == 1:
            return self._insert((fitting[0] + " ")[len(begun) :])
        shared = fitting[0]
        for word in fitting:
            while not word.startswith(shared):
                shared = shared[:-1]
        if len(shared) > len(begun):
            shown = self._insert(shared[len(begun) :])
            self._was_tab = True
            return shown
        if not is_again:
            return ""
        down = self._to_end()
        self._row = 0
        return down + "\r\n" + "  ".join(fitting) + "\r\n" + self._drawn()

    def _ended(self, outcome: str, mark: str) -> str:
        self.outcome = outcome
        return self._to_end() + mark + "\r\n"

    def _to_end(self) -> str:
        """Move the cursor behind the text."""
        self._at = len(self.text)
        return self._drawn()

    def _place(self, count: int) -> tuple[int, int]:
        """Row and column, from the prompt's row on, behind the first `count` characters."""
        row = 0
        column = 0
        for letter in self._prompt + self.text[:count]:
            if letter == "\n":
                row += 1
                column = 0
                continue
            width = columns_of(letter)
            if column + width > self._columns:
                row += 1
                column = 0
            column += width
        if column >= self._columns:
            return row + 1, 0
        return row, column

    def _drawn(self) -> str:
        """Everything anew: from the prompt's first column down, and the cursor where it belongs."""
        shown = "\x1b[%dA" % self._row if self._row else ""
        shown += "\r\x1b[J" + self._prompt + self.text.replace("\n", "\r\n")
        last_row, last_column = self._place(len(self.text))
        if last_column == 0 and last_row and not self.text.endswith("\n"):
            shown += "\r\n"  # the terminal itself only goes on when the next character comes
        row, column = self._place(self._at)
        if (row, column) != (last_row, last_column):
            if last_row > row:
                shown += "\x1b[%dA" % (last_row - row)
            shown += "\r" + ("\x1b[%dC" % column if column else "")
        self._row = row
        return shown
