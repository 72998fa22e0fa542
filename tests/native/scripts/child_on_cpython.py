"""Runs `children.py` as a child on CPython, over the stand-in for its C module."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from tests.native import fake_weft  # noqa: E402 - it needs the line above

sys.modules["_weft"] = fake_weft
from tests.native.scripts import children  # noqa: E402 - as above

children.child(sys.argv[1:])
