"""What `pip install` gets: the sdist builds by itself, and the wheel made from it says and holds what it should."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

from tools.lock import pins

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _build(kind: str, source: Path, target: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel built from the sdist, not from the checkout."""
    source = tmp_path_factory.mktemp("source")
    with tarfile.open(sdist) as archive:
        # Debian 12's Python 3.11.2 is older than the filters; 3.12 and 3.13 warn where none is named.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(source, **safely)  # noqa: S202 - our own archive, made a moment ago
    (unpacked,) = source.iterdir()
    return zipfile.ZipFile(_build("wheel", unpacked, tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_metadata_is_complete(metadata: Message) -> None:
    assert metadata["Name"] == "clawft"
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["Summary"] == PROJECT["description"]
    assert "\n" not in metadata["Summary"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["Keywords"].split(",") == PROJECT["keywords"]
    assert str(metadata.get_payload()).startswith("# clawft\n")


def test_the_classifiers_say_where_it_is_tested(metadata: Message) -> None:
    classifiers = metadata.get_all("Classifier") or []
    versions = [found[1] for one in classifiers if (found := re.fullmatch(r".* :: Python :: (3\.\d+)", one))]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    systems = {one.rpartition(" :: ")[2] for one in classifiers if one.startswith("Operating System ::")}
    assert systems == {"Linux", "MacOS", "Windows"}
    assert "Typing :: Typed" in classifiers
    assert not [one for one in classifiers if one.startswith("License ::")], "the SPDX expression says it"


def test_the_urls_are_there_and_secure(metadata: Message) -> None:
    urls = dict(one.split(", ", 1) for one in metadata.get_all("Project-URL") or [])
    assert set(urls) == {"Homepage", "Documentation", "Changelog", "Issues", "Source"}
    assert all(url.startswith("https://") for url in urls.values())


def test_users_get_four_small_dependencies_and_no_more(metadata: Message) -> None:
    wanted = [Requirement(one) for one in metadata.get_all("Requires-Dist") or []]
    assert sorted(one.name for one in wanted if one.marker is None) == ["h11", "idna", "rich", "wsproto"]
    extras = {one.name: str(one.marker) for one in wanted if one.marker is not None}
    assert extras == {"keyring": 'extra == "keyring"', "usearch": 'extra == "vectors"'}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "clawft/py.typed" in names
    assert wheel.read("clawft/_version.py").decode().endswith(f'VERSION = "{PROJECT["version"]}"\n')
    (info,) = {name.partition("/")[0] for name in names} - {"clawft"}
    assert info == f"clawft-{PROJECT['version']}.dist-info"
    assert wheel.read(f"{info}/entry_points.txt").decode().split() == [
        *("[console_scripts]", "weft", "=", "clawft.__main__:main"),
    ]
    assert not [
        name for name in names if name.startswith("clawft/") and not name.endswith((".py", "/py.typed"))
    ]
    tracked = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("clawft/**/*.py")} | {
        "clawft/_version.py"
    }
    tracked = {name for name in tracked if not name.startswith("clawft/embedded/")}
    assert {name for name in names if name.endswith(".py")} == tracked


def test_the_sdist_holds_what_builds_and_tests_it(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
        "noxfile.py",
        "requirements.lock",
        "nox.lock",
    } <= names
    assert {"clawft/_version.py", "clawft/py.typed", "tests/test_package.py", "tools/lock.py"} <= names
    assert not [
        name
        for name in names
        if name.startswith((".nox", ".venv", "build/", "dist/")) or "__pycache__" in name
    ]


def test_notice_names_everything_that_is_installed_with_us() -> None:
    locked = pins((ROOT / "requirements.lock").read_text("utf-8"))
    brought = _brought_by(list(locked), [Requirement(one).name for one in PROJECT["dependencies"]])
    assert brought >= {"h11", "rich", "markdown-it-py", "mdurl", "pygments"}
    notice = (ROOT / "NOTICE").read_text("utf-8")
    missing = [
        name for name in sorted(brought) if not re.search(rf"^  {re.escape(name)} +\S", notice, re.MULTILINE)
    ]
    assert missing == []
    assert "genai-prices" in notice


def _brought_by(locked: list[str], names: list[str]) -> set[str]:
    """These packages and all they bring, by the `# via` comments of the lock."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    via: dict[str, set[str]] = {}
    for name in locked:
        entry = re.search(rf"^{re.escape(name)}==(?:.*\n)(?:    .*\n)*", text, re.MULTILINE)
        assert entry is not None
        via[name] = set(re.findall(r"^    #(?: via)? +([a-z0-9-]+)$", entry[0], re.MULTILINE))
    brought = set(names)
    while True:
        more = {name for name, users in via.items() if users & brought} | brought
        if more == brought:
            return brought
        brought = more
