"""The one home of every difference between the runtimes that must live in code. No other file tests for one."""

from __future__ import annotations

import json


def json_text(value: object) -> str:
    """JSON on one line, non-ASCII characters as they are. ValueError or TypeError for what JSON cannot hold."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def json_value(text: str) -> object:
    """The value of a JSON text. ValueError says what is wrong and where. NaN and Infinity are refused."""
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> object:
    raise ValueError(name + " is not JSON")


def iso_time(unix_s: float) -> str:
    """RFC 3339 in UTC with milliseconds, as in `2026-11-22T20:15:01.250Z`."""
    import time  # noqa: PLC0415 - only where a time is written

    parts = time.gmtime(int(unix_s))
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (parts[:6] + (int(unix_s * 1000) % 1000,))


def traceback_text(error: BaseException) -> str:
    """Where an exception came from, as the runtime describes it, ended by a newline."""
    import io  # noqa: PLC0415 - only for a report
    import sys  # noqa: PLC0415

    stream = io.StringIO()
    print_exception = getattr(sys, "print_exception", None)
    if print_exception is not None:
        print_exception(error, stream)
    else:
        import traceback  # noqa: PLC0415

        traceback.print_exception(error, file=stream)
    return stream.getvalue()
