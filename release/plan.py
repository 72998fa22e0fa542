"""Turns a tree and a version into the plan of a release: every artifact, its exact name and what goes into it.

release-plan.json is the plan as everything else reads it, verify.py too. Nothing is built here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from release import versions
from release.refusal import Refusal
from tools.targets import read_targets

if TYPE_CHECKING:
    from release.repository import Tree
    from tools.targets import Target

NAME = "release-plan.json"
SUMS = "SHA256SUMS"
VERIFIER = "verify.py"
SCHEMA = 1
STEPS = ("sources", "changelog", "build", "gates", "archives", "wheels", "checksums", "verify")
TEXTS = ("LICENSE", "NOTICE", "README.md", "CHANGELOG.md")
# In the archive, and where it is in the tree: pages that are made from the agent's own tables.
PAGES = {
    "docs/configuration.md": "docs/reference/configuration.md",
    "docs/features.md": "docs/reference/features.md",
}
# The shell, and the name that it looks for.
COMPLETIONS = {"bash": "weft.bash", "zsh": "_weft", "fish": "weft.fish", "powershell": "weft.ps1"}
COMPLETIONS_FOLDER = "build/completions"
PAYLOADS = ("archive", "wheel", "sdist")


class Member(NamedTuple):
    """One file of an archive: its path below the archive's folder, its source in the tree, its permissions."""

    path: str
    source: str
    mode: int = 0o644


class Artifact(NamedTuple):
    """One file of a release; `target` is "" and `files` empty where there are none."""

    name: str
    kind: str
    target: str = ""
    files: tuple[Member, ...] = ()


class Plan(NamedTuple):
    """A release before it is made."""

    version: str
    commit: str
    source_date_s: int
    is_snapshot: bool
    targets: tuple[str, ...]
    steps: tuple[str, ...]
    artifacts: tuple[Artifact, ...]

    def of_kind(self, *kinds: str) -> list[Artifact]:
        return [one for one in self.artifacts if one.kind in kinds]

    def as_text(self) -> str:
        """release-plan.json: the same plan is the same bytes."""
        record: dict[str, object] = {"schema": SCHEMA, **self._asdict()}
        record["artifacts"] = [
            one._asdict() | {"files": [member._asdict() for member in one.files]} for one in self.artifacts
        ]
        return json.dumps(record, indent=1) + "\n"


def make(tree: Tree, version: str) -> Plan:
    """The plan of this tree as this version."""
    targets = read_targets()
    payloads = [
        *(_archive(target, version) for target in targets.values()),
        Artifact(f"clawft-{version}-py3-none-any.whl", "wheel"),
        Artifact(f"clawft-{version}.tar.gz", "sdist"),
    ]
    return Plan(
        version=version,
        commit=tree.commit,
        source_date_s=tree.source_date_s,
        is_snapshot=versions.is_snapshot(version),
        targets=tuple(targets),
        steps=STEPS,
        artifacts=(
            *payloads,
            *(Artifact(f"{one.name}.sha256", "checksum", one.target) for one in payloads),
            Artifact(NAME, "plan"),
            Artifact(VERIFIER, "verifier"),
            Artifact(SUMS, "checksums"),
        ),
    )


def read(text: str) -> Plan:
    """The plan that release-plan.json holds. Refusal if it holds none of this schema."""
    try:
        record = json.loads(text)
        if record.pop("schema") != SCHEMA:
            raise Refusal(f"{NAME} is of another schema than {SCHEMA}: use the verify.py beside it")
        artifacts = tuple(
            Artifact(**one | {"files": tuple(Member(**member) for member in one["files"])})
            for one in record.pop("artifacts")
        )
        listed: dict[str, Any] = {name: tuple(record.pop(name)) for name in ("targets", "steps")}
        return Plan(**record, **listed, artifacts=artifacts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(f"{NAME} cannot be read: {error}") from error


def _archive(target: Target, version: str) -> Artifact:
    suffix = "zip" if target.system == "windows" else "tar.gz"
    members = [
        Member(target.executable, f"dist/{target.name}/{target.executable}", 0o755),
        *(Member(name, name) for name in TEXTS),
        *(Member(f"completions/{name}", f"{COMPLETIONS_FOLDER}/{name}") for name in COMPLETIONS.values()),
        *(Member(path, source) for path, source in PAGES.items()),
    ]
    name = f"weft-{version}-{target.name}.{suffix}"
    return Artifact(name, "archive", target.name, tuple(sorted(members)))
