"""Every commit is told or counted, and what was released stays as it is."""

import pytest

from release import changelog
from release.commits import parse
from release.refusal import Refusal

RELEASED = "\n## [0.0.1] - 2026-01-01\n\nBy hand,  with odd   blanks.\n"


def _commits(*messages):
    return [parse(f"{index:040x}", message) for index, message in enumerate(messages)]


def test_breaking_changes_come_first_then_the_sections_then_the_counts():
    found = _commits(
        "fix(core): a bug",
        "feat(cli)!: flags are words\n\nBREAKING CHANGE: write --out\n  instead of -o",
        "test: x",
        "test: y",
        "chore: z",
        "whatever",
        "fix(security): a hole",
    )
    assert changelog.render(changelog.section(found)) == (
        "## [Unreleased]\n\n### Breaking changes\n\n"
        "- **cli**: flags are words: write --out instead of -o (00000000)\n\n"
        "### Fixed\n\n- **core**: a bug (00000000)\n\n"
        "### Security\n\n- **security**: a hole (00000000)\n\n"
        "Not shown: 1 chore, 1 other, 2 tests. Commits that changed only this file are not counted.\n"
    )


def test_a_trailer_rewords_a_commit_and_shows_one_that_would_not_be():
    made = changelog.section(
        _commits("feat: x\n\nChangelog: for readers", "docs: y\n\nChangelog: a new page")
    )
    assert made.entries == [("Added", ["for readers (00000000)"]), ("Changed", ["a new page (00000000)"])]


def test_a_revert_takes_back_what_it_names_and_a_reverted_revert_nothing():
    feat = parse("a" * 40, "feat: x")
    revert = parse("b" * 40, f'Revert "feat: x"\n\nThis reverts commit {"a" * 40}.')
    again = parse("c" * 40, f'Revert "Revert"\n\nThis reverts commit {"b" * 40}.')
    assert changelog.section([revert, feat]).left_out == "2 reverted before release"
    assert changelog.section([again, revert, feat]).entries == [("Added", ["x (aaaaaaaa)"])]
    assert changelog.section([revert]).entries[0][0] == "Changed"


def test_what_was_released_stays_byte_for_byte():
    made = changelog.section(_commits("feat: x"))
    once = changelog.updated(changelog.HEAD.rstrip("\n") + "\n" + RELEASED, made)
    assert once.endswith(RELEASED)
    assert changelog.updated(once, made) == once
    with pytest.raises(Refusal, match="not rewritten"):
        changelog.updated(once, made._replace(name="0.0.1"))


@pytest.mark.parametrize(
    ("message", "tag", "version"),
    [
        ("feat!: x", "v1.2.3", "2.0.0"),
        ("feat!: x", "v0.2.3", "0.3.0"),
        ("feat: x", "v1.2.3", "1.3.0"),
        ("fix: x", "v1.2.3", "1.2.4"),
        ("test: x", "v1.2.3", ""),
        ("fix: x", "", "0.1.0"),
    ],
)
def test_the_next_version_is_suggested(message, tag, version):
    assert changelog.next_version(_commits(message), "0.1.0", tag) == version


def test_a_repository_is_told_checked_and_released(repository, capsys):
    root = repository.root
    repository.commit("fix: two\n\nlines")
    assert changelog.main(["--check"], root) == 1
    assert changelog.main([], root) == 0
    text = (root / "CHANGELOG.md").read_text()
    assert "- begin (" in text
    assert "- two (" in text
    repository.commit("docs: the changelog", **{"CHANGELOG.md": text})
    assert changelog.main(["--check"], root) == 0
    assert changelog.main(["--release", "0.1.0"], root) == 0
    released = (root / "CHANGELOG.md").read_text()
    assert "## [0.1.0] - 2026-11-25\n" in released
    repository.commit("chore: 0.1.0", **{"CHANGELOG.md": released})
    repository.git("tag", "v0.1.0")
    repository.commit("feat: three")
    assert changelog.main([], root) == 0
    assert (root / "CHANGELOG.md").read_text().endswith(released[released.index("## [0.1.0]") :])
    assert "next version: 0.2.0" in capsys.readouterr().out


def test_every_commit_of_a_repository_is_told_or_counted(repository):
    for kind in ("feat", "docs", "odd", "perf"):
        repository.commit(f"{kind}: x")
    repository.commit("no kind")
    made = changelog.section(changelog.history(repository.root))
    assert sum(len(lines) for _, lines in made.entries) == 3
    assert made.left_out == "1 docs, 1 odd, 1 other"
