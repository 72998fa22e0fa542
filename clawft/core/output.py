"""What a command may print, as records: interfaces that a plain writer and a drawing one implement. No layout here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class MarkdownStream:
    """One answer in Markdown, shown while it grows where a person watches, and whole at its end elsewhere."""

    def feed(self, piece: str) -> None:
        """The next piece of the answer."""
        raise NotImplementedError

    def progress(self, text: str) -> None:
        """What is being waited for, "" for nothing: shown to a person only, and gone with the next piece."""
        raise NotImplementedError

    def restart(self) -> None:
        """Everything fed so far is void."""
        raise NotImplementedError

    def finish(self, text: str) -> None:
        """The answer is `text`, which may differ from what was fed (nothing may have been)."""
        raise NotImplementedError

    def stop(self) -> None:
        """No answer will come of this: what a person has been shown stays, a pipe gets nothing."""
        raise NotImplementedError


class Output:
    """Where a command prints. Results go to standard output; `diff` and `notice` to standard error."""

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
        """Rows under named columns; only the header if there are none."""
        raise NotImplementedError

    def fields(self, pairs: Sequence[tuple[str, str]], title: str = "") -> None:
        """Names and values, one a line."""
        raise NotImplementedError

    def text(self, text: str) -> None:
        """Text exactly as it is, ended by a newline if it has none; nothing for ""."""
        raise NotImplementedError

    def json(self, value: object) -> None:
        """One JSON value on one line."""
        raise NotImplementedError

    def markdown(self) -> MarkdownStream:
        """Begin an answer. Only one may be open at a time."""
        raise NotImplementedError

    def diff(self, text: str) -> None:
        """A unified diff of what a tool has changed."""
        raise NotImplementedError

    def notice(self, text: str) -> None:
        """Something for the person, not part of any result."""
        raise NotImplementedError
