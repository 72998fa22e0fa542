"""Answers which version of the product this is. The build writes it down; a source tree is asked for it."""

from __future__ import annotations


def version() -> str:
    """The version in pyproject.toml, `0+unknown` where neither the build nor the source tree says."""
    try:
        from clawft._version import VERSION  # noqa: PLC0415 - written by the build, absent in a source tree
    except ImportError:
        return _source_version()
    written: str = VERSION
    return written


def _source_version() -> str:
    here = __file__.replace("\\", "/").split("/clawft/core/")[0]
    try:
        with open(here + "/pyproject.toml") as project:
            for line in project:
                if line.startswith("version = "):
                    return line.split('"')[1]
    except OSError:
        pass
    return "0+unknown"
