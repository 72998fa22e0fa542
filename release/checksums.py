"""Writes the digests of a release, in the form that `sha256sum --check` reads. Judges none: that is verify.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release.plan import PAYLOADS, SUMS
from release.refusal import Refusal
from tools import cache

if TYPE_CHECKING:
    from pathlib import Path

    from release.plan import Plan

SUFFIX = ".sha256"


def line(path: Path) -> str:
    """`DIGEST  NAME`, with the name alone: whoever checks is in the folder."""
    return f"{cache.file_digest(path)}  {path.name}\n"


def write(plan: Plan, output: Path) -> None:
    """A .sha256 beside each payload, and SHA256SUMS for those and all else that carries no digest of its own."""
    summed = sorted(one.name for one in plan.artifacts if one.kind not in ("checksum", "checksums"))
    missing = [name for name in summed if not (output / name).is_file()]
    if missing:
        raise Refusal(f"of the plan {', '.join(missing)} was not made", "nox -s release")
    for one in plan.of_kind(*PAYLOADS):
        cache.write(output / f"{one.name}{SUFFIX}", line(output / one.name))
    cache.write(output / SUMS, "".join(line(output / name) for name in summed))
