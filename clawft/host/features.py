"""Turns what pip knows of the installed wheel into its optional parts: an extra is here if its packages are."""

from __future__ import annotations

import re
from importlib import metadata

# `wsproto<2,>=1.2; extra == "channels"`, as metadata write it
_NEED = re.compile(r"([A-Za-z0-9._-]+).*;.*\bextra == ['\"]([a-z]+)['\"]")


def installed_features(package: str = "clawft") -> dict[str, bool]:
    """Each extra of the wheel, and whether all its packages are installed; {} if the package itself is not."""
    try:
        wheel = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return {}
    found = dict.fromkeys(wheel.metadata.get_all("Provides-Extra") or [], True)
    for line in wheel.requires or []:
        need = _NEED.match(line)
        if need and not _is_installed(need[1]):
            found[need[2]] = False
    return found


def _is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True
