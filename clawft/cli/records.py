"""The records that a command table is made of. Plain data: no parsing, no text of any one command."""

from __future__ import annotations

FLAG = "flag"
TEXT = "text"
INTEGER = "integer"
FILE = "file"


class Option:
    """An option. `names` go from short to long; the last one, without dashes, is its key.

    `kind` is FLAG, TEXT, INTEGER or FILE; `placeholder` stands for its value in help. `least` bounds an INTEGER.
    An option that `is_repeatable` keeps every value in order; of any other the last one counts.
    """

    __slots__ = (
        "choices",
        "default",
        "help",
        "is_repeatable",
        "key",
        "kind",
        "least",
        "names",
        "placeholder",
    )

    def __init__(
        self,
        names: tuple[str, ...],
        help_text: str,
        *,
        kind: str = FLAG,
        placeholder: str = "",
        choices: tuple[str, ...] = (),
        default: str | int | None = None,
        least: int = 0,
        is_repeatable: bool = False,
    ) -> None:
        self.names = names
        self.help = help_text
        self.kind = kind
        self.placeholder = placeholder
        self.choices = choices
        self.default = default
        self.least = least
        self.is_repeatable = is_repeatable
        self.key = names[-1].lstrip("-").replace("-", "_")


class Argument:
    """A positional argument; `kind` is TEXT or FILE."""

    __slots__ = ("choices", "help", "is_optional", "kind", "name")

    def __init__(
        self,
        name: str,
        help_text: str,
        *,
        kind: str = TEXT,
        choices: tuple[str, ...] = (),
        is_optional: bool = False,
    ) -> None:
        self.name = name
        self.help = help_text
        self.kind = kind
        self.choices = choices
        self.is_optional = is_optional


class Command:
    """A command, or a group of commands: one has a `handler`, the other `children`.

    `examples` are pairs of a command line and what it does. `stray_hint` is added to the error for an argument
    too many; `{}` in it stands for that argument.
    """

    __slots__ = (
        "arguments",
        "children",
        "details",
        "examples",
        "handler",
        "name",
        "options",
        "path",
        "stray_hint",
        "summary",
    )

    def __init__(
        self,
        name: str,
        summary: str,
        *,
        handler: str = "",
        options: tuple[Option, ...] = (),
        arguments: tuple[Argument, ...] = (),
        children: tuple[Command, ...] = (),
        details: str = "",
        examples: tuple[tuple[str, str], ...] = (),
        stray_hint: str = "",
    ) -> None:
        self.name = name
        self.summary = summary
        self.handler = handler
        self.options = options
        self.arguments = arguments
        self.children = children
        self.details = details
        self.examples = examples
        self.stray_hint = stray_hint
        self.path: tuple[str, ...] = () if name == "weft" else (name,)
        for child in children:
            child.path = self.path + child.path
