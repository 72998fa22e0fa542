"""Runs the executables' command line on CPython: `python -m tests.native.fake_weft_process ARGUMENTS`."""

from __future__ import annotations

import sys

from tests.native import fake_weft

sys.modules["_weft"] = fake_weft
from clawft.embedded.shims import asyncio  # noqa: E402 - it needs the line above

sys.modules["asyncio"] = asyncio
from clawft.embedded.main import main  # noqa: E402 - as above

sys.exit(main())
