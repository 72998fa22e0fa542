"""Answers which version of the product this is. The build writes it down; a source tree is asked for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Files


def version(files: Files | None = None) -> str:
    """The version in pyproject.toml, `0+unknown` where the build does not say and no source tree may be read."""
    try:
        from clawft._version import VERSION  # noqa: PLC0415 - written by the build, absent in a source tree
    except ImportError:
        return "0+unknown" if files is None else _source_version(files)
    return str(VERSION)


def _source_version(files: Files) -> str:
    tree = __file__.replace("\\", "/").split("clawft/core/")[0]
    for line in (files.read(tree + "pyproject.toml") or b"").decode().split("\n"):
        if line.startswith("version = "):
            return line.split('"')[1]
    return "0+unknown"
