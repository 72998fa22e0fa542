"""Turns the commits since the last tag into CHANGELOG.md's Unreleased section: `nox -s changelog`.

Every commit is shown, or counted in the line of what is not shown. A released section is never touched again.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jinja2

from release import commits, versions
from release.refusal import Refusal
from release.repository import git, last_tag, read_tree, since
from tools import cache
from tools.frozen import product_version

if TYPE_CHECKING:
    from release.commits import Commit

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).with_name("templates")
NAME = "CHANGELOG.md"
UNRELEASED = "Unreleased"
HEAD = """# Changelog

What users notice, by version; the sections are those of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).
`nox -s changelog` makes the unreleased one from the commits, whose `Changelog:` trailers reword them.

"""
BREAKING = "Breaking changes"
# In the order of the sections.
SECTIONS = {"feat": "Added", "perf": "Changed", "revert": "Changed", "fix": "Fixed", "security": "Security"}
SECURITY_SCOPE = "security"
TAKEN_BACK = "reverted before release"
# Kinds that are no noun to put an s to.
PLURALS = {"docs": "docs", TAKEN_BACK: TAKEN_BACK, commits.OTHER: commits.OTHER}
HASH_LENGTH = 8


class Section(NamedTuple):
    """One version: entries by heading, and how many commits of which kinds are left out, "" for none."""

    name: str
    date: str
    entries: list[tuple[str, list[str]]]
    left_out: str


def history(root: Path) -> list[Commit]:
    """The commits after the last tag, newest first, but for those that changed only the changelog."""
    span = since(last_tag(root))
    others = set(git(root, "rev-list", "--full-history", span, "--", ".", f":(exclude){NAME}").split())
    own = set(git(root, "rev-list", "--full-history", span, "--", NAME).split()) - others
    texts = [one for one in git(root, "log", "-z", "--format=%H %P%n%B", span).split("\0") if one.strip()]
    found = []
    for text in texts:
        head, _, message = text.lstrip("\n").partition("\n")
        name, *parents = head.split()
        if name not in own:
            found.append(commits.parse(name, message, is_merge=len(parents) > 1))
    return found


def section(found: list[Commit], name: str = UNRELEASED, date: str = "") -> Section:
    """What these commits come to, newest first: breaking changes, then the sections, then the count of all others."""
    taken_back = _taken_back(found)
    entries: dict[str, list[str]] = {BREAKING: [], **{heading: [] for heading in SECTIONS.values()}}
    left_out: Counter[str] = Counter()
    for commit in found:
        heading = _heading(commit)
        if commit.hash in taken_back:
            left_out[TAKEN_BACK] += 1
        elif heading:
            entries[heading].append(_line(commit))
        else:
            left_out[commit.kind] += 1
    told = [(heading, lines) for heading, lines in entries.items() if lines]
    counts = [f"{count} {_plural(kind, count)}" for kind, count in sorted(left_out.items())]
    return Section(name, date, told, ", ".join(counts))


def render(made: Section) -> str:
    """The section as Markdown, ended by one newline."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML; _line keeps markup out
    )
    lines = environment.get_template("changelog.md.j2").render(section=made).splitlines()
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).strip() + "\n"


def updated(text: str, made: Section) -> str:
    """The changelog with this section first; all that was released stays as it is. Refusal if it is released."""
    head, _, rest = text.partition("\n## ")
    rest = f"## {rest}" if rest else ""
    if rest.startswith(f"## [{UNRELEASED}]"):
        _, _, rest = rest.partition("\n## ")
        rest = f"## {rest}" if rest else ""
    if made.name != UNRELEASED and has_section(rest, made.name):
        raise Refusal(f"{NAME} has a section for {made.name}, and what was released is not rewritten")
    return (f"{head}\n" if text else HEAD) + render(made) + (f"\n{rest}" if rest else "")


def has_section(text: str, version: str) -> bool:
    return f"\n## [{version}]" in f"\n{text}"


def next_version(found: list[Commit], product: str, tag: str) -> str:
    """What these commits ask for, by semantic versioning; before 1.0 a break is a minor version. "" for none."""
    made = section(found)
    if not made.entries:
        return ""
    if not tag:
        return product
    major, minor, patch = versions.numbers(tag.removeprefix("v"))
    headings = {heading for heading, _ in made.entries}
    if BREAKING in headings and major:
        return f"{major + 1}.0.0"
    if headings & {BREAKING, "Added"}:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def _heading(commit: Commit) -> str:
    """Where a commit is shown, "" for nowhere."""
    if commit.breaks:
        return BREAKING
    if commit.kind == "fix" and commit.scope == SECURITY_SCOPE:
        return SECTIONS["security"]
    return SECTIONS.get(commit.kind, "Changed" if commit.told else "")


def _line(commit: Commit) -> str:
    text = commit.told or (commit.breaks or commit.text)
    if commit.breaks and not commit.told and commit.breaks != commit.text:
        text = f"{commit.text}: {commit.breaks}"
    scope = f"**{commit.scope}**: " if commit.scope else ""
    return f"{scope}{' '.join(text.split())} ({commit.hash[:HASH_LENGTH]})".replace("<", "&lt;")


def _taken_back(found: list[Commit]) -> set[str]:
    """Commits whose effect is gone, with the reverts that did it. A revert that was itself reverted did nothing."""
    gone: set[str] = set()
    for commit in found:
        if commit.hash in gone or not commit.reverts:
            continue
        targets = {one.hash for one in found if one.hash.startswith(commit.reverts)}
        if targets:
            gone |= targets | {commit.hash}
    return gone


def _plural(kind: str, count: int) -> str:
    if kind in PLURALS or count == 1:
        return PLURALS.get(kind, kind)
    return f"{kind}es" if kind.endswith("h") else f"{kind}s"


def _released(root: Path, version: str, found: list[Commit]) -> Section:
    if version != product_version(root):
        raise Refusal(f"pyproject.toml says {product_version(root)}, not {version}: set it there first")
    seconds = read_tree(root).source_date_s
    return section(found, version, datetime.fromtimestamp(seconds, UTC).date().isoformat())


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="nox -s changelog --", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--check", action="store_true", help="only say whether the file is what would be written"
    )
    which.add_argument("--draft", action="store_true", help="only print the section")
    which.add_argument("--release", metavar="VERSION", help="make the unreleased section that of VERSION")
    asked = parser.parse_args(arguments)
    path = root / NAME
    text = path.read_text("utf-8") if path.is_file() else ""
    try:
        read_tree(root)
        found = history(root)
        made = _released(root, asked.release, found) if asked.release else section(found)
        if asked.draft:
            print(render(made), end="")
            return 0
        wanted = updated(text, made)
    except Refusal as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    suggestion = next_version(found, product_version(root), last_tag(root))
    if asked.check and wanted != text:
        print(f"{NAME} is not what the commits say; run: nox -s changelog")
        return 1
    if not asked.check:
        cache.write(path, wanted)
    print(f"{NAME}: {len(found)} commits; next version: {suggestion or 'none is called for'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
