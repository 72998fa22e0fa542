"""Signatures of ours and of Debian's minisign are the same thing: each checks what the other signs."""

from __future__ import annotations

import base64
import hashlib
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from release import signature
from release.refusal import Refusal
from tests.programs import program

CONTENT = b"what is signed\n"


@pytest.fixture
def keys(tmp_path):
    said = subprocess.run(
        [program("minisign"), "-G", "-W", "-p", "key.pub", "-s", "key"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "file").write_bytes(CONTENT)
    return tmp_path


def minisign_accepts(folder):
    argv = [program("minisign"), "-V", "-p", "key.pub", "-m", "file"]
    return subprocess.run(argv, cwd=folder, capture_output=True, check=False).returncode == 0


def public(folder):
    return signature.read_public_key((folder / "key.pub").read_text())


def test_minisign_accepts_ours_and_no_other_content_or_comment(keys):
    text = signature.sign(CONTENT, signature.read_secret_key(keys / "key"), "weft 1.2.3")
    (keys / "file.minisig").write_text(text)
    assert minisign_accepts(keys)
    (keys / "file.minisig").write_text(text.replace("1.2.3", "1.2.4"))
    assert not minisign_accepts(keys)
    (keys / "file.minisig").write_text(text)
    (keys / "file").write_bytes(CONTENT + b" ")
    assert not minisign_accepts(keys)


def test_we_accept_minisigns_and_no_other_content_comment_or_key(keys):
    argv = [program("minisign"), "-S", "-H", "-s", "key", "-m", "file", "-t", "trusted words"]
    subprocess.run(argv, cwd=keys, check=True, capture_output=True)
    text = (keys / "file.minisig").read_text()
    assert signature.check(CONTENT, text, public(keys)) == "trusted words"
    with pytest.raises(Refusal, match="content and comment"):
        signature.check(CONTENT + b" ", text, public(keys))
    with pytest.raises(Refusal, match="content and comment"):
        signature.check(CONTENT, text.replace("trusted words", "other words"), public(keys))
    with pytest.raises(Refusal, match="another key"):
        signature.check(CONTENT, text, public(keys)._replace(number=b"12345678"))
    with pytest.raises(Refusal, match="four lines"):
        signature.check(CONTENT, text + "more\n", public(keys))


def test_a_key_that_others_may_read_is_refused_and_never_shown(keys):
    key = signature.read_secret_key(keys / "key")
    assert repr(key) == "SecretKey(...)"
    (keys / "key").chmod(0o640)
    with pytest.raises(Refusal, match="chmod 600"):
        signature.read_secret_key(keys / "key")


def test_a_damaged_key_is_refused_without_a_word_of_it(keys):
    lines = (keys / "key").read_text().split("\n")
    (keys / "key").write_text("\n".join([lines[0], lines[1][:100] + "AAAA" + lines[1][104:], ""]))
    with pytest.raises(Refusal, match="damaged") as refused:
        signature.read_secret_key(keys / "key")
    assert lines[1][:20] not in str(refused.value)


def test_an_encrypted_key_needs_its_password(tmp_path):
    # as minisign encrypts, with libsodium's least work instead of its most: N = 1024, r = 8, p = 1
    number, seed = b"keynumbr", bytes(range(32))
    private = Ed25519PrivateKey.from_private_bytes(seed)
    secret = seed + private.public_key().public_bytes_raw()
    whole = hashlib.blake2b(b"Ed" + number + secret, digest_size=32).digest()
    stream = hashlib.scrypt(b"word", salt=b"s" * 32, n=1024, r=8, p=1, dklen=104)
    sealed = bytes(a ^ b for a, b in zip(number + secret + whole, stream, strict=True))
    limits = (32768).to_bytes(8, "little") + (2**24).to_bytes(8, "little")
    path = tmp_path / "key"
    data = b"EdScB2" + b"s" * 32 + limits + sealed
    path.write_text(f"untrusted comment: \n{base64.b64encode(data).decode()}\n")
    path.chmod(0o600)
    assert signature.read_secret_key(path, "word").number == number
    with pytest.raises(Refusal, match="give its password"):
        signature.read_secret_key(path)
    with pytest.raises(Refusal, match="password is wrong"):
        signature.read_secret_key(path, "other")


def test_minisigns_own_limits_are_a_cost_of_a_million_blocks():
    assert signature._cost(2**30 // 1024) == 2**20
