"""The one tree of errors, split by who can put a failure right. Holds no translation and no I/O.

A message names the thing, what was expected, what was found and what to do. It never holds a secret: what may be one
is taken out where the error is made.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_DENIED = 3
EXIT_INTERRUPTED = 130


# What takes secrets out of text, once the configuration is known that holds them. At most one.
_redacting: list[Callable[[str], str]] = []


def hide_secrets(redact: Callable[[str], str] | None) -> None:
    """From now on every message is what `redact` makes of it; None ends that."""
    _redacting.clear()
    if redact is not None:
        _redacting.append(redact)


def without_secrets(text: str) -> str:
    """Text about a failure, as it may be shown and kept."""
    return _redacting[0](text) if _redacting else text


class WeftError(Exception):
    """Anything that goes wrong in a way we foresaw; `exit_code` is the command's when it ends one."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str) -> None:
        message = without_secrets(message)
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class UsageError(WeftError):
    """The command line is wrong: whoever typed it can put it right."""

    exit_code = EXIT_USAGE


class ConfigError(WeftError):
    """The configuration is wrong: the user can put it right.

    `path` is the dotted key (`agents.defaults.max_tokens`) or the file; `hint` says what to do, "" if nothing.
    """

    exit_code = EXIT_USAGE

    def __init__(self, path: str, expected: str, found: str, hint: str = "") -> None:
        message = path + ": expected " + expected + ", found " + found
        super().__init__(message + ("; " + hint if hint else ""))
        self.path = path
        self.expected = expected
        self.found = found
        self.hint = hint


class PolicyDenied(WeftError):
    """A policy said no: only its owner can change that. `rule` is the rule's name, `subject` what it judged."""

    exit_code = EXIT_DENIED

    def __init__(self, rule: str, subject: str, reason: str) -> None:
        super().__init__("denied by " + rule + ": " + subject + ": " + reason)
        self.rule = rule
        self.subject = subject
        self.reason = reason


class ToolError(WeftError):
    """A tool was called wrongly or could not do its work: becomes a result that the model reads."""


class StorageError(WeftError):
    """The disk said no (full, read-only, not permitted, too large): the machine's owner can put it right."""


class KeyringError(WeftError):
    """The system's keyring gives nothing: there is none, it is locked, or what reads it is not installed."""


class FileChanged(StorageError):
    """Another process has changed a file since it was last read. `size_bytes` is its size now."""

    def __init__(self, path: str, size_bytes: int) -> None:
        super().__init__(path + ": another process changed this file; read it again")
        self.path = path
        self.size_bytes = size_bytes


class TransportError(WeftError):
    """An HTTP exchange failed below HTTP. `phase` is one of `PHASES`; `sent` says if the request went out."""

    PHASES = ("resolve", "connect", "tls", "send", "first_byte", "body", "total")

    def __init__(self, phase: str, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.phase = phase
        self.sent = sent


class ProcessError(WeftError):
    """A program could not be started or talked to: whoever named it can put it right."""


class ListenError(WeftError):
    """The system does not let us listen for connections. `kind` is in_use, not_permitted or other."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class ProviderError(WeftError):
    """A model could not answer: the provider, or time, can put it right.

    `kind` is one of `KINDS`. `retry_after_s` is what the provider asked for, None if it did not.
    """

    KINDS = (
        "network",
        "timeout",
        "rate_limited",
        "overloaded",
        "auth",
        "model_not_found",
        "context_too_long",
        "invalid_request",
        "invalid_response",
        "refused",
    )

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        retryable: bool = False,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.status = status


class BudgetExceeded(WeftError):
    """A spending limit is reached: the user who set it can raise it. Amounts in US dollars."""

    def __init__(self, path: str, limit_usd: float, spent_usd: float) -> None:
        super().__init__(
            f"{path}: the limit of ${limit_usd:.4f} is reached (${spent_usd:.4f} spent); raise {path} or wait"
        )
        self.path = path
        self.limit_usd = limit_usd
        self.spent_usd = spent_usd


class OutputClosed(WeftError):
    """Nobody reads our standard output any more (`weft ... | head`): stop quietly."""


class ChannelError(WeftError):
    """A channel could not receive or send: its operator can put it right."""


class BusFull(WeftError):
    """Too many messages wait: the sender must wait."""
