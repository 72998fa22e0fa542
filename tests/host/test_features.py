"""Which optional parts are installed: what the wheel's metadata say, held against the packages that are there."""

from __future__ import annotations

import sys

import pytest

from clawft.host.features import installed_features

METADATA = """\
Metadata-Version: 2.4
Name: carrier
Version: 1
Requires-Dist: h11<1,>=0.16
Requires-Dist: passenger>=2; extra == "full"
Requires-Dist: missing-thing; (python_version > "3") and extra == "lacking"
Requires-Dist: passenger; extra == "lacking"
Requires-Dist: missing-too; python_version > "3"
Provides-Extra: empty
Provides-Extra: full
Provides-Extra: lacking
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    for name, text in (
        ("carrier", METADATA),
        ("passenger", "Metadata-Version: 2.4\nName: passenger\nVersion: 2\n"),
    ):
        (tmp_path / f"{name}-1.dist-info").mkdir()
        (tmp_path / f"{name}-1.dist-info" / "METADATA").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])


def test_an_extra_is_here_if_all_its_packages_are(site) -> None:
    assert installed_features("carrier") == {"empty": True, "full": True, "lacking": False}


def test_what_was_never_installed_has_no_known_features(site) -> None:
    assert installed_features("clawft") == {}
