"""What `import asyncio` finds in our executables: the names of it that portable code uses, from our own event loop."""

from __future__ import annotations

from clawft.embedded.loop import CancelledError, Event, Task, create_task, current_task, gather
from clawft.embedded.waiting import sleep

__all__ = ("CancelledError", "Event", "Task", "create_task", "current_task", "gather", "sleep")
