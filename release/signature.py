"""Turns a file and a key into a signature in minisign's format, and checks one; needs no network and no program.

Ed25519 over the BLAKE2b-512 of the file; a second signature binds the trusted comment to the first. Formats after
minisign 0.11. Keys come from files that only their owner may read; nothing of a key ever gets into a message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from release.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

ALGORITHM, PREHASHED, NO_KDF, SCRYPT, CHECKSUM = b"Ed", b"ED", b"\0\0", b"Sc", b"B2"
UNTRUSTED = "untrusted comment: "
TRUSTED = "trusted comment: "
SECRET_BYTES = 158
PUBLIC_BYTES = 42
SIGNATURE_BYTES = 74
GLOBAL_BYTES = 64
MEMORY_LIMIT_BYTES = 2**30  # what minisign itself asks for
BLOCK = 8
LEAST_OPERATIONS = 32768


class SecretKey(NamedTuple):
    """What signs; says nothing of itself."""

    number: bytes
    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return "SecretKey(...)"


class PublicKey(NamedTuple):
    """What checks, with the number that its signatures carry."""

    number: bytes
    public: Ed25519PublicKey


def read_secret_key(path: Path, password: str | None = None) -> SecretKey:
    """The key of a file with mode 0600 or less. Raises Refusal, also where the password is missing or wrong."""
    handle = os.open(path, os.O_RDONLY)
    with open(handle, encoding="utf-8") as file:  # noqa: PTH123 - what was looked at is what is read
        mode = stat.S_IMODE(os.fstat(handle).st_mode)
        if mode & 0o077:
            raise Refusal(f"{path} may be read by others (mode {mode:o})", f"chmod 600 {path}")
        data = _decoded(file.read(), SECRET_BYTES, path.name)
    if data[:2] != ALGORITHM or data[4:6] != CHECKSUM:
        raise Refusal(f"{path.name} is no secret key of minisign's")
    sealed = data[54:]
    if data[2:4] == SCRYPT:
        if password is None:
            raise Refusal(f"{path.name} is encrypted: give its password")
        operations, memory = (int.from_bytes(data[at : at + 8], "little") for at in (38, 46))
        stream = _derived(password, data[6:38], operations, memory)
        sealed = bytes(a ^ b for a, b in zip(sealed, stream, strict=True))
    elif data[2:4] != NO_KDF:
        raise Refusal(f"{path.name} is encrypted in a way that is not known here")
    number, secret, check = sealed[:8], sealed[8:72], sealed[72:]
    private = Ed25519PrivateKey.from_private_bytes(secret[:32])
    whole = hashlib.blake2b(ALGORITHM + number + secret, digest_size=32).digest()
    # minisign gives a key without a password no checksum; its public half says as much.
    has_checksum = data[2:4] == SCRYPT or any(check)
    is_whole = hmac.compare_digest(whole, check) if has_checksum else True
    if not is_whole or private.public_key().public_bytes_raw() != secret[32:]:
        raise Refusal(f"{path.name}: the password is wrong, or the file is damaged")
    return SecretKey(number, private)


def read_public_key(text: str) -> PublicKey:
    """A public key's file, or only its line. Raises Refusal."""
    data = _decoded(text if "\n" in text.strip() else f"{UNTRUSTED}\n{text}", PUBLIC_BYTES, "the public key")
    if data[:2] != ALGORITHM:
        raise Refusal("the public key is no key of minisign's")
    return PublicKey(data[2:10], Ed25519PublicKey.from_public_bytes(data[10:]))


def sign(content: bytes, key: SecretKey, trusted_comment: str, untrusted_comment: str = "clawft") -> str:
    """The text of a .minisig file. The comments are one line each."""
    for comment in (trusted_comment, untrusted_comment):
        if not comment.isprintable():
            raise Refusal("a comment of a signature is one line of printable text")
    made = key.private.sign(hashlib.blake2b(content).digest())
    whole = key.private.sign(made + trusted_comment.encode())
    first = base64.b64encode(PREHASHED + key.number + made).decode()
    second = base64.b64encode(whole).decode()
    return f"{UNTRUSTED}{untrusted_comment}\n{first}\n{TRUSTED}{trusted_comment}\n{second}\n"


def check(content: bytes, text: str, key: PublicKey) -> str:
    """The trusted comment of a signature that is this key's over this content. Raises Refusal for any other."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != 4 or not lines[2].startswith(TRUSTED):  # noqa: PLR2004 - two comments, two signatures
        raise Refusal("the signature has not the four lines of minisign's format")
    data = _decoded("\n".join(lines[:2]), SIGNATURE_BYTES, "the signature")
    whole = _decoded(f"{UNTRUSTED}\n{lines[3]}", GLOBAL_BYTES, "the signature")
    if data[:2] != PREHASHED:
        raise Refusal("the signature is not of the prehashed kind")
    if data[2:10] != key.number:
        raise Refusal("the signature is another key's")
    comment = lines[2].removeprefix(TRUSTED)
    try:
        key.public.verify(data[10:], hashlib.blake2b(content).digest())
        key.public.verify(whole, data[10:] + comment.encode())
    except InvalidSignature:
        raise Refusal("the signature is not of this content and comment") from None
    return comment


def _decoded(text: str, size_bytes: int, what: str) -> bytes:
    lines = text.strip().split("\n")
    try:
        data = base64.b64decode(lines[1], validate=True)
    except (IndexError, binascii.Error):
        data = b""
    if len(lines) != 2 or not lines[0].startswith(UNTRUSTED.rstrip()) or len(data) != size_bytes:  # noqa: PLR2004
        raise Refusal(f"{what} is not in minisign's format")
    return data


def _derived(password: str, salt: bytes, operations: int, memory_bytes: int) -> bytes:
    """As libsodium picks scrypt's parameters from its two limits. Refuses to take more memory than minisign does."""
    operations = max(operations, LEAST_OPERATIONS)
    if memory_bytes > MEMORY_LIMIT_BYTES or operations > 2**30:
        raise Refusal("the secret key asks for more work than minisign does")
    if operations < memory_bytes // 32:
        most, parallel = operations // (BLOCK * 4), 1
        cost = _cost(most)
    else:
        cost = _cost(memory_bytes // (BLOCK * 128))
        parallel = operations // 4 // cost // BLOCK
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=cost,
        r=BLOCK,
        p=parallel,
        maxmem=MEMORY_LIMIT_BYTES + 2**24,
        dklen=104,
    )


def _cost(most: int) -> int:
    cost = 2
    while cost <= most // 2:
        cost *= 2
    return cost
