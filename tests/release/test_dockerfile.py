"""The Dockerfile and the OCI writer make one image: one record, and any other word is refused."""

from __future__ import annotations

import pytest

from release import dockerfile, image
from release.refusal import Refusal

TEXT = dockerfile.FILE.read_text("utf-8")


def test_the_dockerfile_says_what_the_record_says():
    dockerfile.check(TEXT)


def test_what_it_unpacks_is_made_for_both_architectures():
    made = image.make({"amd64": b"a", "arm64": b"b"}, b"roots", "1", "c" * 40, 0)
    (copied,) = [rest.split()[0] for word, rest in dockerfile.instructions(TEXT) if word == "ADD"]
    for architecture in image.ARCHITECTURES.values():
        assert copied.replace("${TARGETARCH}", architecture) in made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("USER 65532:65532", "USER root"),
        ("/usr/bin/weft", "/usr/bin/sh"),
        ('licenses="MIT"', 'licenses="GPL"'),
        ("FROM scratch", "FROM debian"),
        ("ENTRYPOINT", "RUN true\nENTRYPOINT"),
        ("USER 65532:65532\n", ""),
        ("FROM scratch", "# syntax=other\nFROM scratch"),
        ("FROM scratch", "FROM \\\nscratch"),
    ],
)
def test_anything_else_is_refused(old, new):
    assert old in TEXT
    with pytest.raises(Refusal, match="Dockerfile"):
        dockerfile.check(TEXT.replace(old, new))


def test_more_than_the_record_is_refused():
    with pytest.raises(Refusal, match="no part"):
        dockerfile.check(TEXT + "EXPOSE 80\n")
