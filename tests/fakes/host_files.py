"""The files of CPython's runtime, for tests that need a real disk and no runtime."""

import time

from clawft.core.files import BlockingFiles
from clawft.host import system_calls


class HostFiles(BlockingFiles):
    """What `host/blocking.py` hands out."""

    def __init__(self) -> None:
        super().__init__(system_calls, time.sleep)
