"""A tool that is made when it is first called: in most turns its schema is all that is needed of it."""

from __future__ import annotations

from clawft.core.interfaces import Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.messages import ToolSchema


class LateTool(Tool):
    """`make` gives the tool that does the work; what it raises is the answer to the call."""

    def __init__(self, schema: ToolSchema, make: Callable[[], Tool]) -> None:
        self.schema = schema
        self._make = make
        self._tool: Tool | None = None

    async def call(self, arguments: dict[str, object], session: str = "") -> dict[str, object]:
        return await self._made().call(arguments, session)

    def check(self, arguments: dict[str, object]) -> None:
        self._made().check(arguments)

    def _made(self) -> Tool:
        if self._tool is None:
            self._tool = self._make()
        return self._tool
