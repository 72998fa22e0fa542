"""The locks belong to pyproject.toml, say what and never where from, and a session takes nothing with another hash."""

from __future__ import annotations

import copy
import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import uv

from tools.lock import INPUTS, LOCK, NOX_LOCK, inputs_digest, pins, problems

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TEXTS = ((ROOT / LOCK).read_text("utf-8"), (ROOT / NOX_LOCK).read_text("utf-8"))


def test_the_locks_are_up_to_date() -> None:
    assert problems(PROJECT, *TEXTS) == []


def test_the_session_that_makes_the_lock_does_not_install_by_it() -> None:
    """Else no dependency could be added: the old lock lacks it."""
    text = (ROOT / "noxfile.py").read_text("utf-8")
    body = text.partition("def lock(")[2].partition("@nox.session")[0]
    assert f'"--requirements", "{NOX_LOCK}"' in body
    assert "LOCKED" not in body


def test_the_lock_serves_three_systems() -> None:
    assert "sys_platform == 'win32'" in pins(TEXTS[0])["colorama"].marker


@pytest.mark.parametrize("change", ["dependencies", "group", "build"])
def test_a_changed_dependency_is_noticed(change: str) -> None:
    project = copy.deepcopy(PROJECT)
    if change == "dependencies":
        project["project"]["dependencies"].append("rich>=15")
    elif change == "group":
        project["dependency-groups"]["docs"].append("left-pad")
    else:
        project["build-system"]["requires"] = ["hatchling==1.0.0"]
    found = problems(project, *TEXTS)
    assert f"{LOCK} was made from other dependencies than those in pyproject.toml" in found
    if change == "group":
        assert f"{LOCK}: left-pad is not in it" in found
    if change == "build":
        assert any("pyproject.toml asks for hatchling==1.0.0" in one for one in found)


def test_a_changed_comment_or_version_of_ours_is_no_change() -> None:
    project = copy.deepcopy(PROJECT)
    project["project"]["version"] = "9.9.9"
    assert inputs_digest(project) == inputs_digest(PROJECT)


@pytest.mark.parametrize(
    "line",
    ["--index-url https://example.org/simple", "--find-links wheels", "    # via -r /home/me/pyproject.toml"],
)
def test_a_lock_that_names_a_place_is_refused(line: str) -> None:
    assert any("names a place" in one for one in problems(PROJECT, TEXTS[0] + line + "\n", TEXTS[1]))


def test_an_entry_without_a_hash_is_refused() -> None:
    assert problems(PROJECT, TEXTS[0] + "left-pad==1.0.0\n", TEXTS[1]) != []


def test_a_lock_for_nox_that_differs_is_refused() -> None:
    other = TEXTS[1].replace("\nnox==", "\nnox==1")
    assert any(f"{NOX_LOCK}: nox" in one for one in problems(PROJECT, TEXTS[0], other))
    assert INPUTS in other


@pytest.mark.parametrize("is_right", [True, False])
def test_a_session_installs_only_what_has_the_locked_hash(tmp_path: Path, *, is_right: bool) -> None:
    wheel = tmp_path / "planted-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("planted.py", "")
        archive.writestr(
            "planted-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n"
        )
        archive.writestr(
            "planted-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("planted-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes() if is_right else b"something else").hexdigest()
    (tmp_path / "requirements.lock").write_text(f"planted==1.0 \\\n    --hash=sha256:{digest}\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\ndependencies = []\n[dependency-groups]\ntest = ["planted"]\n'
    )
    flags = re.search(r"LOCKED = \((.*)\)", (ROOT / "noxfile.py").read_text("utf-8"))
    assert flags is not None
    done = subprocess.run(
        [
            *(
                uv.find_uv_bin(),
                "pip",
                "install",
                "--python",
                sys.executable,
                "--no-config",
                "--offline",
                "--no-cache",
            ),
            *("--no-index", "--find-links", ".", "--target", "installed", "--group", "test"),
            *re.findall(r'"([^"]+)"', flags[1]),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is is_right, done.stderr
    assert (tmp_path / "installed" / "planted.py").exists() is is_right
    assert ("Hash mismatch" in done.stderr) is not is_right
