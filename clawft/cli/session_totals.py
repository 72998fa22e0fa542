"""Turns a session's records into what it used and cost. Reads records only."""

from __future__ import annotations

from clawft.core.messages import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class SessionTotals:
    """What a session holds and used. `usage.cost_usd` is None where the price of any part is unknown."""

    __slots__ = ("errors", "messages", "model_calls", "tool_calls", "usage")

    def __init__(self, records: Iterable[dict[str, object]]) -> None:
        self.usage = Usage(cost_usd=0.0)
        self.messages = 0
        self.model_calls = 0
        self.tool_calls = 0
        self.errors = 0
        for record in records:
            self._add(record)

    def _add(self, record: dict[str, object]) -> None:
        if not isinstance(record.get("role"), str):
            return
        self.messages += 1
        if record["role"] == "tool":
            self.tool_calls += 1
        if record.get("error"):
            self.errors += 1
        usage = record.get("usage")
        if isinstance(usage, dict):
            self.model_calls += 1
            self.usage = self.usage.plus(_usage(usage))

    def to_json(self) -> dict[str, object]:
        """The object that `--json` output holds."""
        return {
            "message_count": self.messages,
            "model_calls": self.model_calls,
            "tool_calls": self.tool_calls,
            "errors": self.errors,
            "usage": self.usage.to_json(),
        }

    def fields(self) -> list[tuple[str, str]]:
        """What a person is shown."""
        used = self.usage
        tokens = "{} in ({} from cache), {} out".format(
            used.input_tokens, used.cache_read_tokens, used.output_tokens
        )
        return [
            (
                "Messages",
                "{} ({} model calls, {} tool results, {} failures)".format(
                    self.messages, self.model_calls, self.tool_calls, self.errors
                ),
            ),
            ("Tokens", tokens),
            ("Cost", cost_text(used.cost_usd)),
        ]


def cost_text(cost_usd: float | None) -> str:
    """US dollars for a person, `unknown` for None."""
    return "unknown (a model without a known price)" if cost_usd is None else "${:.4f}".format(cost_usd)


def _usage(value: dict[str, object]) -> Usage:
    cost = value.get("cost_usd")
    return Usage(
        _count(value, "input_tokens"),
        _count(value, "output_tokens"),
        cache_read_tokens=_count(value, "cache_read_tokens"),
        cache_write_tokens=_count(value, "cache_write_tokens"),
        cost_usd=float(cost) if isinstance(cost, (int, float)) else None,
    )


def _count(value: dict[str, object], name: str) -> int:
    count = value.get(name)
    return count if isinstance(count, int) else 0
