"""Makes chat ids that nobody has used."""

from __future__ import annotations

from clawft.core.compat import iso_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Runtime


def new_chat_id(runtime: Runtime) -> str:
    """A chat id that nobody has used: the time to the second, and four random digits."""
    time = iso_time(runtime.clock.now_s())
    digits = "".join(["{:02x}".format(byte) for byte in runtime.random_bytes(2)])
    return time[:10] + "-" + time[11:19].replace(":", "") + "-" + digits
