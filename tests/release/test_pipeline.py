"""From a commit to a verified folder, with executables made in a moment: twice the same, or not there."""

import gzip
import io
import stat
import tarfile
import zipfile

import pytest

from release import archives, pipeline, plan, trial, verify
from release.refusal import Refusal
from tools.targets import read_targets


def _fake_build(tree):
    for target in read_targets().values():
        written = target.output(tree / "dist")
        written.parent.mkdir(parents=True)
        written.write_bytes(b"executable of " + target.name.encode())


def _order(root, build=_fake_build):
    made = pipeline.planned(root)
    return pipeline.Order(root, made, build, lambda dist: None, lambda made, folder: None, lambda line: None)


@pytest.fixture
def released(repository):
    return pipeline.make(_order(repository.root))


def _bytes(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_two_snapshots_of_one_commit_in_different_folders_are_the_same_bytes(new_repository, released):
    other = pipeline.make(_order(new_repository("another/folder").root))
    assert other.name == released.name
    assert _bytes(other) == _bytes(released)


def test_the_release_is_whole_and_says_so_by_itself(released, capsys):
    assert verify.main([str(released)]) == 0
    assert "complete, and every digest is right" in capsys.readouterr().out
    made = plan.read((released / plan.NAME).read_text())
    assert {path.name for path in released.iterdir()} == {one.name for one in made.artifacts}


def test_the_archives_are_what_the_plan_says(released):
    (windows,) = released.glob("*.zip")
    with zipfile.ZipFile(windows) as archive:
        entries = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
    assert entries["weft.exe"].external_attr >> 16 == stat.S_IFREG | 0o755
    assert entries["weft.exe"].date_time == (2026, 11, 25, 12, 0, 0)
    (linux,) = released.glob("*-x86_64-linux-musl.tar.gz")
    data = linux.read_bytes()
    assert data[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
        names = archive.getnames()
        assert names == sorted(names)
    assert trial.member(linux, "completions/_weft") == b"completions for zsh\n"
    assert b"- begin (" in trial.member(linux, "CHANGELOG.md")
    with pytest.raises(Refusal, match=r"has no .*/nothing"):
        trial.member(linux, "nothing")


@pytest.mark.parametrize("name", ["SHA256SUMS", "verify.py", "*.zip", "*.zip.sha256", "*.whl"])
def test_a_missing_file_is_refused(released, name):
    (path,) = released.glob(name)
    path.unlink()
    assert verify.problems(released) == [f"{path.name}: missing"]


def test_an_extra_file_is_refused(released):
    (released / "extra").touch()
    assert verify.problems(released) == ["extra: not in the plan"]


def test_a_changed_byte_is_refused(released):
    (path,) = released.glob("*.whl")
    path.write_bytes(path.read_bytes() + b"x")
    assert len([said for said in verify.problems(released) if path.name in said]) == 2


def test_an_archive_with_other_files_is_refused_even_with_its_right_digest(released):
    (path,) = released.glob("*-x86_64-macos.tar.gz")
    top = archives.folder_of(path.name)
    moment = plan.read((released / plan.NAME).read_text()).source_date_s
    path.write_bytes(archives.compressed(archives._tar([(f"{top}/../weft", b"x", 0o4755)], moment)))
    found = [said for said in verify.problems(released) if said.startswith(f"{path.name}: ")]
    assert f"{path.name}: {top}/../weft: not in the plan" in found
    assert f"{path.name}: {top}/weft: missing" in found


def test_a_missing_target_is_refused_and_nothing_is_left(repository):
    def without_windows(tree):
        _fake_build(tree)
        (tree / "dist/x86_64-windows-gnu/weft.exe").unlink()

    with pytest.raises(Refusal, match=r"x86_64-windows-gnu/weft\.exe; run: nox -s build"):
        pipeline.make(_order(repository.root, without_windows))
    assert not (repository.root / pipeline.RELEASES).exists()


def test_a_version_without_its_section_in_the_changelog_is_refused(repository):
    repository.git("tag", "v0.1.0")
    with pytest.raises(Refusal, match=r"run: nox -s changelog -- --release 0\.1\.0"):
        pipeline.make(_order(repository.root))
