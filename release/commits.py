"""Turns the text of a commit into what the changelog needs of it, by Conventional Commits. Runs no git."""

from __future__ import annotations

import re
from typing import NamedTuple

SUBJECT = re.compile(r"(?P<kind>[a-zA-Z]+)(?:\((?P<scope>[^()]*)\))?(?P<bang>!)?: +(?P<text>.+)")
TRAILER = re.compile(r"(?P<key>[A-Za-z][A-Za-z-]*|BREAKING CHANGE): +(?P<value>.*)")
REVERTS = re.compile(r"This reverts commit ([0-9a-f]{7,40})")
BREAKING = ("BREAKING CHANGE", "BREAKING-CHANGE")
OTHER = "other"


class Commit(NamedTuple):
    """One commit; `breaks` says what no longer works as before, `told` is its `Changelog:` trailer, "" without one."""

    hash: str
    kind: str
    scope: str
    text: str
    breaks: str = ""
    told: str = ""
    reverts: str = ""


def parse(commit: str, message: str, *, is_merge: bool = False) -> Commit:
    """A subject that is not conventional is of the kind `other`, with all of its text."""
    subject, _, body = message.strip().partition("\n")
    trailers = _trailers(body)
    breaks = next((trailers[key] for key in BREAKING if key in trailers), "")
    told = trailers.get("Changelog", "")
    reverted = REVERTS.search(body)
    reverts = reverted[1] if reverted else ""
    found = SUBJECT.fullmatch(subject.strip())
    if found is None:
        kind = "merge" if is_merge else "revert" if reverts else OTHER
        return Commit(commit, kind, "", subject.strip(), breaks, told, reverts)
    text = found["text"].strip()
    if found["bang"] and not breaks:
        breaks = text
    return Commit(commit, found["kind"].lower(), (found["scope"] or "").strip(), text, breaks, told, reverts)


def _trailers(body: str) -> dict[str, str]:
    """The `Key: value` lines, each with the lines that go on: up to an empty one or the next key."""
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in body.splitlines():
        match = TRAILER.fullmatch(line)
        if match is not None:
            lines = found.setdefault(match["key"], [])
            lines[:] = [match["value"]]
        elif not line.strip():
            lines = None
        elif lines is not None:
            lines.append(line.strip())
    return {key: " ".join(value).strip() for key, value in found.items()}
