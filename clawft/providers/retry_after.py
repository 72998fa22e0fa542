"""Turns what a failed response says of waiting into seconds. Decides nothing about retrying."""

from __future__ import annotations

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
UNITS = (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0))
DAY_S = 86400


def wait_asked_s(headers: list[tuple[str, str]], now_s: float, *, is_limit: bool) -> float | None:
    """Seconds to wait, 0 or more; None if the response does not say.

    In order: `retry-after-ms`, `retry-after` (seconds or a date, counted from the server's own `date` if it
    gives one), and, where the failure `is_limit`, the longest reset of a rate limit with nothing left.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.lower(), value.strip())
    wait_s = number(found.get("retry-after-ms", ""))
    if wait_s is not None:
        return max(0.0, wait_s / 1000)
    asked = found.get("retry-after", "")
    wait_s = number(asked)
    if wait_s is not None:
        return max(0.0, wait_s)
    at_s = http_date_s(asked)
    if at_s is not None:
        server_s = http_date_s(found.get("date", ""))
        return max(0.0, at_s - (now_s if server_s is None else server_s))
    return _reset_s(found, now_s) if is_limit else None


def _reset_s(found: dict[str, str], now_s: float) -> float | None:
    waits = []
    for name, value in found.items():
        if not name.startswith("x-ratelimit-reset"):
            continue
        left = number(found.get("x-ratelimit-remaining" + name[len("x-ratelimit-reset") :], "0"))
        if left is not None and left > 0:
            continue
        wait_s = _reset_value_s(value, now_s)
        if wait_s is not None:
            waits.append(wait_s)
    return max(waits) if waits else None


def _reset_value_s(text: str, now_s: float) -> float | None:
    """`6m0s` or `20ms` (OpenAI, Groq), seconds, or a Unix time in seconds or milliseconds (OpenRouter)."""
    value = number(text)
    if value is None:
        return duration_s(text)
    if value > 1e11:  # noqa: PLR2004 - as seconds this is the year 5138: milliseconds
        value /= 1000
    return max(0.0, value - now_s if value > 1e9 else value)  # noqa: PLR2004 - 2001: a moment, not a duration


def duration_s(text: str) -> float | None:
    """Seconds of `1h2m3.5s`, `20ms`, `34s`; None for anything else."""
    rest = text.strip().lower()
    total_s = 0.0
    if not rest:
        return None
    while rest:
        end = 0
        while end < len(rest) and (rest[end].isdigit() or rest[end] == "."):
            end += 1
        value = number(rest[:end])
        unit_end = end
        while unit_end < len(rest) and not rest[unit_end].isdigit():
            unit_end += 1
        unit_s = dict(UNITS).get(rest[end:unit_end])
        if value is None or unit_s is None:
            return None
        total_s += value * unit_s
        rest = rest[unit_end:]
    return total_s


def number(text: str) -> float | None:
    """A finite decimal number of at most 20 characters, None for anything else."""
    if not text or len(text) > 20 or not [letter for letter in text if letter.isdigit()]:  # noqa: PLR2004
        return None
    try:
        return float(text)
    except ValueError:
        return None


def http_date_s(text: str) -> float | None:
    """Unix time of an HTTP date in any of its three forms; None for anything else."""
    words = text.replace(",", " ").replace("-", " ").split()
    try:
        if len(words) == 6 and words[5].upper() == "GMT":  # noqa: PLR2004 - Sun, 06 Nov 1994 08:49:37 GMT
            day, month, year, clock = int(words[1]), words[2], int(words[3]), words[4]
        elif len(words) == 5:  # noqa: PLR2004 - Sun Nov  6 08:49:37 1994
            day, month, year, clock = int(words[2]), words[1], int(words[4]), words[3]
        else:
            return None
        hour, minute, second = [int(part) for part in clock.split(":")]
    except ValueError:
        return None
    if month.lower() not in MONTHS or not 1 <= day <= 31:  # noqa: PLR2004 - days of a month
        return None
    if year < 100:  # noqa: PLR2004 - Sunday, 06-Nov-94 08:49:37 GMT
        year += 2000 if year < 70 else 1900  # noqa: PLR2004 - as RFC 6265 reads two digits
    days = _days(year, MONTHS.index(month.lower()) + 1, day)
    return float(days * DAY_S + hour * 3600 + minute * 60 + second)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar (years from 1 March, so that leap days come last)."""
    year -= month < 3  # noqa: PLR2004 - January and February belong to the year before
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1  # noqa: PLR2004
    return year * 365 + year // 4 - year // 100 + year // 400 + of_year - 719468
