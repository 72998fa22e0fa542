"""Turns an HTML page into Markdown that a model reads: headings, paragraphs, links, lists, code, tables.

Scripts, styles, navigation and what is only for layout are left out. Time and memory are linear in the page's length,
and nothing recurses, however deep or broken its nesting.
"""

from __future__ import annotations

from clawft.tools.html_entities import Entities
from clawft.tools.html_tokens import RAW_ELEMENTS, START, TEXT, attribute, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST_LIST = 6
DEEPEST_QUOTE = 3
LONGEST_LINK = 2048

# Their content is no part of what a reader came for. A page that does not close one loses no more than up to its
# next `main`, `article` or `body`.
SKIPPED = ("nav", "noscript", "template", "svg", "math", "object", "canvas", "select", "button", "dialog")
_ENDS_SKIPPING = ("main", "article", "body", "h1")
_BLOCKS = (
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend", "main", "menu", "option", "p",
    "section", "summary", "tbody", "tfoot", "thead",
)  # fmt: skip
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CODE = ("code", "kbd", "samp", "tt")
_LINK_SCHEMES = ("http:", "https:", "mailto:")


class Page:
    """What was found: `title` is "" where there is none."""

    __slots__ = ("text", "title")

    def __init__(self, title: str, text: str) -> None:
        self.title = title
        self.text = text


def page_of(html: str, link: Callable[[str], str] | None = None) -> Page:
    """The page's title and text. `link` makes an address absolute, or "" to leave it out; without it they stay."""
    writer = _Writer(link)
    skipped, depth = "", 0
    raw = ""
    for kind, name, content in tokens(html.encode()):
        if kind == TEXT:
            if raw == "title":
                writer.add_title(content.decode())
            elif not skipped and raw in ("", "textarea", "xmp"):
                writer.text(content.decode())
            continue
        raw = name if kind == START and name in RAW_ELEMENTS else ""
        if skipped:
            if name == skipped:
                depth += 1 if kind == START else -1
            if depth > 0 and not (kind == START and name in _ENDS_SKIPPING):
                continue
            is_end_of_it = name == skipped
            skipped = ""
            if is_end_of_it:
                continue
        if kind == START and name in SKIPPED:
            if not content.endswith(b"/"):
                skipped, depth = name, 1
        elif kind == START:
            writer.start(name, content)
        else:
            writer.end(name)
    return writer.finished()


class _Writer:
    """Markdown, written as tags come: a line of pieces that a block's edge ends."""

    def __init__(self, link: Callable[[str], str] | None) -> None:
        self._link = link
        self._entities = Entities()
        self._title = ""
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._prefix = ""  # what the next block begins with: a heading's or an item's mark
        self._is_after_item = False  # whether the last block is an item of a list
        self._has_space = True  # whether the line ends in one
        self._lists: list[int] = []  # 0 for bullets, else the next number
        self._lists_too_deep = 0
        self._quotes = 0
        self._pre: list[str] | None = None
        self._is_code = False
        self._address = ""
        self._address_from = -1  # where the open link begins in the line, -1 for none
        self._row: list[str] | None = None
        self._rows = 0

    def add_title(self, text: str) -> None:
        if not self._title:
            self._title = " ".join(self._entities.decoded(text).replace("\u00a0", " ").split())

    def text(self, text: str) -> None:
        text = self._entities.decoded(text)
        if self._pre is not None:
            self._pre.append(text)
            return
        text = text.replace("\u00a0", " ")
        words = text.split()
        if not words:
            self._space()
            return
        if text[0] in " \t\r\n\f":
            self._space()
        plain = " ".join(words)
        self._line.append(plain.replace("|", "\\|") if self._row is not None else plain)
        self._has_space = False
        if text[-1] in " \t\r\n\f":
            self._space()

    def start(self, name: str, attributes: bytes) -> None:
        if name == "br":
            self._newline()
        elif name == "a":
            self._end_link()
            address = attribute(attributes, "href")
            if address is not None and self._pre is None:
                self._address = self._addressed(self._entities.decoded(address))
                self._address_from = len(self._line) if self._address else -1
        elif name == "img":
            words = (attribute(attributes, "alt") or "").split()
            if words:
                self.text("[image: " + " ".join(words) + "]")
        elif name in _CODE:
            self._code(begins=True)
        elif name == "pre":
            self._break()
            if self._pre is None:
                self._pre = []
        elif name in ("ul", "ol"):
            self._open_list(1 if name == "ol" else 0)
        elif name in ("table", "tr", "td", "th"):
            self._table(name)
        else:
            self._start_block(name)

    def end(self, name: str) -> None:
        if name == "a":
            self._end_link()
        elif name in _CODE:
            self._code(begins=False)
        elif name == "pre":
            self._end_pre()
        elif name in ("ul", "ol"):
            self._break()
            self._prefix = ""
            if self._lists_too_deep:
                self._lists_too_deep -= 1
            elif self._lists:
                self._lists.pop()
        elif name == "blockquote":
            self._break()
            self._quotes = max(0, self._quotes - 1)
        elif name in ("tr", "table"):
            self._end_row()
            self._rows = self._rows if name == "tr" else 0
        elif name in _HEADINGS or name == "li" or name in _BLOCKS:
            self._break()
            self._prefix = ""

    def finished(self) -> Page:
        self._end_pre()
        self._end_row()
        self._break()
        text = "\n".join(self._blocks)
        return Page(self._title, text.strip("\n"))

    def _start_block(self, name: str) -> None:
        if name in _HEADINGS:
            self._break()
            self._prefix = "#" * int(name[1]) + " "
        elif name == "li":
            self._break()
            self._prefix = self._item_mark()
        elif name == "blockquote":
            self._break()
            self._quotes += 1
        elif name == "hr":
            self._break()
            self._block("---")
        elif name in _BLOCKS and not (self._prefix and not self._line):
            self._break()

    def _open_list(self, first: int) -> None:
        self._break()
        if len(self._lists) < DEEPEST_LIST:
            self._lists.append(first)
        else:
            self._lists_too_deep += 1

    def _item_mark(self) -> str:
        indent = "  " * (len(self._lists) - 1)
        if not self._lists or self._lists[-1] == 0:
            return indent + "- "
        self._lists[-1] += 1
        return indent + "%d. " % (self._lists[-1] - 1)

    def _table(self, name: str) -> None:
        if name == "table":
            self._end_row()
            self._break()
            self._rows = 0
        elif name == "tr":
            self._end_row()
            self._break()
            self._row = []
        elif self._row is not None:
            self._end_cell()
        else:
            self._space()

    def _end_cell(self) -> None:
        self._end_link()
        cell = "".join(self._line).strip()
        self._line, self._has_space = [], True
        if self._row is not None and (cell or self._row):
            self._row.append(cell)

    def _end_row(self) -> None:
        if self._row is None:
            return
        self._end_cell()
        row, self._row = self._row, None
        if not row:
            return
        if len(row) == 1:  # one cell is layout, not a table
            self._block(row[0])
            return
        self._rows += 1
        line = "| " + " | ".join(row) + " |"
        if self._rows == 1:
            line += "\n|" + " --- |" * len(row)
        self._block(line, is_tight=self._rows > 1)

    def _code(self, *, begins: bool) -> None:
        if self._pre is None and self._is_code != begins:
            self._line.append("`")
            self._has_space = False
            self._is_code = begins

    def _end_pre(self) -> None:
        if self._pre is None:
            return
        text = "".join(self._pre).strip("\r\n").rstrip()
        self._pre = None
        if text:
            fence = "```"
            while fence in text and len(fence) < 8:  # noqa: PLR2004 - longer than anybody writes
                fence += "`"
            self._block(fence + "\n" + text + "\n" + fence)

    def _addressed(self, address: str) -> str:
        """The address as the text shows it, "" for one that is not worth showing."""
        address = address.strip()
        scheme, colon, _ = address.partition(":")
        has_scheme = colon and all("a" <= letter <= "z" or "A" <= letter <= "Z" for letter in scheme[:16])
        if has_scheme and (scheme + colon).lower() not in _LINK_SCHEMES:
            return ""
        if not address or address.startswith("#") or len(address) > LONGEST_LINK:
            return ""
        if self._link is not None:
            address = self._link(address)
        return address.replace(" ", "%20").replace("(", "%28").replace(")", "%29")

    def _end_link(self) -> None:
        start, self._address_from = self._address_from, -1
        if start < 0 or start >= len(self._line):
            return
        text = "".join(self._line[start:])
        words = text.strip()
        if not words:
            return
        before = " " if text[0] == " " else ""
        after = " " if text[-1] == " " else ""
        del self._line[start:]
        self._line.append(before + "[" + words + "](" + self._address + ")" + after)

    def _space(self) -> None:
        if not self._has_space and self._pre is None:
            self._line.append(" ")
            self._has_space = True

    def _newline(self) -> None:
        if self._pre is not None:
            self._pre.append("\n")
        elif self._row is not None:
            self._space()
        elif self._line:
            self._line.append("\n")
            self._has_space = True

    def _break(self) -> None:
        """Ends the block; within a table's cell a block's edge is a space."""
        if self._pre is not None:
            return
        if self._row is not None:
            self._space()
            return
        self._code(begins=False)
        self._end_link()
        lines = [line.strip() for line in "".join(self._line).split("\n")]
        self._line, self._has_space = [], True
        text = "\n".join([line for line in lines if line and line != "``"])
        if not text:
            return
        prefix, self._prefix = self._prefix, ""
        is_item = prefix != "" and not prefix.startswith("#")
        self._block(prefix + text, is_tight=is_item and self._is_after_item)
        self._is_after_item = is_item

    def _block(self, text: str, *, is_tight: bool = False) -> None:
        """Adds a block, with an empty line before it unless it continues a list or a table."""
        if self._quotes:
            mark = "> " * min(self._quotes, DEEPEST_QUOTE)
            text = mark + text.replace("\n", "\n" + mark)
        if self._blocks and not is_tight:
            self._blocks.append("")
        self._blocks.append(text)
        self._is_after_item = False
