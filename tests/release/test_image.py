"""The image is the same bytes for the same input, is read back strictly, and starts with nothing but itself."""

from __future__ import annotations

import io
import json
import random
import tarfile

import pytest

from release import image, oci, oci_reader
from release.refusal import Refusal

DATE_S = 1_700_000_000
EXECUTABLES = {"arm64": b"for arm64", "amd64": b"for amd64"}


def made(executables=None, commit="c" * 40):
    return image.make(executables or EXECUTABLES, b"roots", "1.2.3", commit, DATE_S)


@pytest.fixture
def layout(tmp_path):
    path = tmp_path / image.file_name("1.2.3")
    path.write_bytes(made()[path.name])
    return path


def files_of(path):
    with tarfile.open(path) as archive:
        return {one.name: (archive.extractfile(one) or io.BytesIO()).read() for one in archive if one.isreg()}


def write_files(path, files):
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_the_same_input_in_another_order_is_the_same_bytes():
    assert made() == made(executables=dict(reversed(EXECUTABLES.items())))
    assert made() != made(commit="d" * 40)


def test_a_reader_finds_both_platforms_and_how_they_are_started(layout):
    amd64, arm64 = oci_reader.read(layout)
    assert (amd64.architecture, arm64.architecture) == ("amd64", "arm64")
    assert amd64.config["created"] == "2023-11-14T22:13:20Z"
    started = amd64.config["config"]
    assert started["User"] == "65532:65532"
    assert started["Entrypoint"] == ["/usr/bin/weft"]
    assert started["Volumes"] == {"/home/weft/.clawft": {}}
    assert started["Labels"]["org.opencontainers.image.version"] == "1.2.3"
    assert started["Labels"]["org.opencontainers.image.revision"] == "c" * 40
    held = {one.path: one for one in oci_reader.members(arm64.layer)}
    assert held["usr/bin/weft"] == oci.Entry("usr/bin/weft", 0o755, b"for arm64")
    assert held["etc/ssl/certs/ca-certificates.crt"].content == b"roots"
    assert held["home/weft/.clawft"] == oci.Entry("home/weft/.clawft", 0o700, None, 65532)
    written_to = [one.path for one in held.values() if one.owner or one.mode & 0o022]
    assert written_to == ["home/weft", "home/weft/.clawft", "tmp"]


def test_docker_without_containerd_finds_each_platform_under_a_name_of_its_own(layout):
    listed = json.loads(files_of(layout)["manifest.json"])
    assert [one["RepoTags"] for one in listed] == [
        ["localhost/clawft:1.2.3-amd64"],
        ["localhost/clawft:1.2.3-arm64"],
    ]
    assert set(listed[0]) == {"Config", "RepoTags", "Layers"}


def test_every_byte_of_a_blob_counts(layout):
    files = files_of(layout)
    for name in [one for one in files if one.startswith("blobs/")]:
        changed = bytearray(files[name])
        changed[-1] ^= 1
        write_files(layout, files | {name: bytes(changed)})
        with pytest.raises(Refusal, match="digest"):
            oci_reader.read(layout)
        write_files(layout, {one: content for one, content in files.items() if one != name})
        with pytest.raises(Refusal, match="missing"):
            oci_reader.read(layout)


@pytest.mark.parametrize("name", ["blobs/sha256/" + "0" * 64, "more", "../out"])
def test_what_nothing_names_is_refused(layout, name):
    write_files(layout, files_of(layout) | {name: b"x"})
    with pytest.raises(Refusal, match="nothing names"):
        oci_reader.read(layout)


def test_a_link_and_a_name_twice_are_refused(layout):
    for kind in (tarfile.SYMTYPE, tarfile.REGTYPE):
        with tarfile.open(layout, "a") as archive:
            member = tarfile.TarInfo("oci-layout")
            member.type = kind
            archive.addfile(member)
        with pytest.raises(Refusal, match="twice"):
            oci_reader.read(layout)


def test_docker_is_told_of_the_same_blobs(layout):
    files = files_of(layout)
    listed = json.loads(files["manifest.json"])
    listed[0], listed[1] = listed[1], listed[0]
    write_files(layout, files | {"manifest.json": json.dumps(listed).encode()})
    with pytest.raises(Refusal, match="other blobs"):
        oci_reader.read(layout)


def test_an_image_over_its_limit_is_refused():
    noise = random.Random(1).randbytes(image.LIMIT_BYTES)  # noqa: S311 - what cannot be packed
    with pytest.raises(Refusal, match="limit is 2,000,000"):
        made(executables={"amd64": noise})


def test_no_image_is_made_without_one_of_the_targets(tmp_path):
    with pytest.raises(Refusal, match="nox -s build -- --target"):
        image.read_executables(tmp_path)
