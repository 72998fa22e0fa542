"""Asks the person at the terminal if a tool may run. Whatever is not a clear yes is a no."""

from __future__ import annotations

from clawft.core.compat import json_text, json_value
from clawft.core.interfaces import Approver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.host import Terminal

ONCE = "once"
SESSION = "session"
DENY = "deny"
ANSWERS = {"y": ONCE, "yes": ONCE, "a": SESSION, "always": SESSION, "n": DENY, "no": DENY, "": DENY}
PROMPT = "allow it? [y] once, [a] always in this session, [n] no: "
MOST_QUESTIONS = 3


class TerminalApprover(Approver):
    """Shows the whole call and reads the answer. Ctrl-C, the end of input and three unclear answers are a no."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    async def ask(self, tool: str, arguments: str) -> str:
        self._terminal.write_error(
            "\nThe model wants to use " + visible(tool) + ":\n" + shown_arguments(arguments)
        )
        for _ in range(MOST_QUESTIONS):
            try:
                line = self._terminal.read_line(PROMPT)
            except KeyboardInterrupt:
                self._terminal.write_error("\n")
                return DENY
            if line is None:
                self._terminal.write_error("\n")
                return DENY
            answer = ANSWERS.get(line.strip().lower())
            if answer is not None:
                return answer
        return DENY


def approver_on(terminal: Terminal) -> Approver | None:
    """Who can be asked on this terminal, None where nobody would see the question or could answer it."""
    return TerminalApprover(terminal) if terminal.is_input_terminal and terminal.is_error_terminal else None


def shown_arguments(arguments: str) -> str:
    """Each argument on lines of its own, whole, with nothing in it that a terminal or an eye could take otherwise."""
    try:
        values = json_value(arguments)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return "  " + visible(arguments) + "\n"
    lines = []
    for name, value in values.items():
        text = value if isinstance(value, str) else json_text(value)
        first, *others = text.split("\n")
        lines.append("  " + visible(str(name)) + ": " + visible(first))
        lines.extend(["    " + visible(line) for line in others])
    return "\n".join(lines) + "\n" if lines else "  (no arguments)\n"


def visible(text: str) -> str:
    """One line of text with every character that is not plainly visible as an escape."""
    return "".join([_visible(character) for character in text])


def _visible(character: str) -> str:
    code = ord(character)
    if 0x20 <= code < 0x7F:  # noqa: PLR2004 - ASCII that prints
        return character
    # C1, soft hyphens, what joins or has no width, what changes direction, line separators, what marks variants,
    # surrogates, what is for private use, byte order marks, tags: nothing that a name, a path or a command needs.
    is_hidden = (
        code < 0xA0  # noqa: PLR2004 - C0, DEL and C1
        or code in (0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3000, 0x3164, 0xFEFF, 0xFFA0)
        or 0x180B <= code <= 0x180F  # noqa: PLR2004 - code points, here and below
        or 0x2000 <= code <= 0x200F  # noqa: PLR2004
        or 0x2028 <= code <= 0x202F  # noqa: PLR2004
        or 0x205F <= code <= 0x206F  # noqa: PLR2004
        or 0xD800 <= code <= 0xF8FF  # noqa: PLR2004
        or 0xFE00 <= code <= 0xFE0F  # noqa: PLR2004
        or 0xFFF0 <= code <= 0xFFFB  # noqa: PLR2004
        or code >= 0xE0000  # noqa: PLR2004
    )
    if not is_hidden and code != 0xA0:  # noqa: PLR2004 - a blank that is none
        return character
    return "\\u{" + "{:x}".format(code) + "}"
