"""Keeps what model calls cost, a file a day, and refuses a call when a spending limit is reached."""

from __future__ import annotations

from clawft.core.compat import iso_time, json_text, json_value
from clawft.core.errors import BudgetExceeded, FileChanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Clock, Files


class Budget:
    """Spending limits in US dollars, None for no limit. Days are UTC days.

    Every process of one user appends to the same file of the day, so the limit holds for all of them together;
    calls already on their way when it is reached still end.
    """

    def __init__(
        self,
        files: Files,
        clock: Clock,
        folder: str,
        day_limit_usd: float | None,
        session_limit_usd: float | None,
    ) -> None:
        self._files = files
        self._clock = clock
        self._folder = folder
        self._day_limit_usd = day_limit_usd
        self._session_limit_usd = session_limit_usd
        self._path = ""
        self._read_bytes = 0
        self._day_usd = 0.0

    @property
    def has_limit(self) -> bool:
        """Whether any limit is set."""
        return self._day_limit_usd is not None or self._session_limit_usd is not None

    def check(self, session_spent_usd: float) -> None:
        """Raise BudgetExceeded if a limit is reached. `session_spent_usd`: what this session has cost so far."""
        if self._session_limit_usd is not None and session_spent_usd >= self._session_limit_usd:
            raise BudgetExceeded("budget.session_usd", self._session_limit_usd, session_spent_usd)
        if self._day_limit_usd is not None:
            spent_usd = self.day_spent_usd()
            if spent_usd >= self._day_limit_usd:
                raise BudgetExceeded("budget.day_usd", self._day_limit_usd, spent_usd)

    def day_spent_usd(self) -> float:
        """What has been spent today by all processes; reads only what was added since the last look."""
        path = self._folder + "/" + iso_time(self._clock.now_s())[:10] + ".jsonl"
        if path != self._path:
            self._path, self._read_bytes, self._day_usd = path, 0, 0.0
        stat = self._files.stat(path)
        if stat is not None and stat.size_bytes > self._read_bytes:
            added = self._files.read_range(path, self._read_bytes, stat.size_bytes - self._read_bytes)
            whole = added[: added.rfind(b"\n") + 1]
            for line in whole.split(b"\n"):
                self._day_usd += _line_usd(line)
            self._read_bytes += len(whole)
        return self._day_usd

    async def add(self, session_key: str, model: str, cost_usd: float) -> None:
        """Record what one call cost."""
        entry = {
            "timestamp": iso_time(self._clock.now_s()),
            "session": session_key,
            "model": model,
            "cost_usd": cost_usd,
        }
        line = (json_text(entry) + "\n").encode()
        self.day_spent_usd()
        stat = self._files.stat(self._path)
        if stat is None:
            self._files.make_folder(self._folder)
        size_bytes = stat.size_bytes if stat is not None else 0
        while True:
            try:
                # A line that a killed process left half-written ends here, so that it cannot swallow ours.
                is_torn = size_bytes > 0 and self._files.read_range(self._path, size_bytes - 1, 1) != b"\n"
                await self._files.append_durable(self._path, b"\n" + line if is_torn else line, size_bytes)
            except FileChanged as changed:
                size_bytes = changed.size_bytes
            else:
                return


def _line_usd(line: bytes) -> float:
    """The cost in one line, 0 for a line that a killed process left half-written."""
    try:
        entry = json_value(line.decode())
    except ValueError:
        return 0.0
    cost = entry.get("cost_usd") if isinstance(entry, dict) else None
    return float(cost) if isinstance(cost, (int, float)) else 0.0
