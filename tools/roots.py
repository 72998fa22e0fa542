"""Turns certifi's bundle of trusted roots into the C array that the executables carry; compiling does not live here.

Of each root only what makes it a trust anchor is kept: validity, name, public key and path length. Who signed a root
does not matter, and leaving the signatures out halves the set (57 KB instead of 126 KB), without compression.
"""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import NamedTuple

SEQUENCE = 0x30
INTEGER = 0x02
BOOLEAN = 0x01
VERSION = 0xA0
EXTENSIONS = 0xA3
BASIC_CONSTRAINTS = bytes.fromhex("0603551d13")
NAME_CONSTRAINTS = bytes.fromhex("0603551d1e")
EXTENDED_KEY_USAGE = bytes.fromhex("0603551d25")
# The curves that mbedtls_config.h leaves out: such a root would be dead weight. Algorithm and curve of the key.
UNSUPPORTED_KEYS = (bytes.fromhex("06052b81040023"),)  # P-521
BYTES_A_LINE = 24

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\s+(.*?)-----END CERTIFICATE-----", re.DOTALL)


class RootsError(ValueError):
    """A bundle that is not what certifi publishes: names the certificate by its position."""


class Element(NamedTuple):
    """One DER element: its tag, its content and the bytes of both."""

    tag: int
    content: bytes
    raw: bytes


class Root(NamedTuple):
    """What is kept of a root, each as DER; `path_length` is -1 where the root sets none."""

    subject: bytes
    validity: bytes
    key: bytes
    path_length: int

    @property
    def record(self) -> bytes:
        path_length = bytes((INTEGER, 1, self.path_length & 0xFF))
        return element(SEQUENCE, self.validity + self.subject + self.key + path_length)


def element(tag: int, content: bytes) -> bytes:
    """DER of one element, up to 65,535 bytes."""
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - the first length that needs bytes of its own
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def elements(data: bytes) -> list[Element]:
    """The elements that `data` is made of. Raises RootsError for anything else."""
    found = []
    at = 0
    while at < len(data):
        start = at
        if len(data) - at < 2:  # noqa: PLR2004 - a tag and a length
            raise RootsError("ends in the middle of an element")
        size = data[at + 1]
        at += 2
        if size & 0x80:
            width = size & 0x7F
            size = int.from_bytes(data[at : at + width], "big")
            at += width
        if at + size > len(data):
            raise RootsError("an element is longer than what holds it")
        found.append(Element(data[start], data[at : at + size], data[start : at + size]))
        at += size
    return found


def path_length(extensions: bytes) -> int:
    """-1 where any length is allowed. Refuses what is not a certificate authority's, or limited in ways we drop."""
    length = None
    for extension in elements(elements(extensions)[0].content):
        fields = elements(extension.content)
        if fields[0].raw in {NAME_CONSTRAINTS, EXTENDED_KEY_USAGE}:
            raise RootsError("has name constraints or a key usage that its record would lose")
        if fields[0].raw == BASIC_CONSTRAINTS:
            rules = elements(elements(fields[-1].content)[0].content)
            if not rules or rules[0].tag != BOOLEAN or rules[0].content == b"\0":
                raise RootsError("is no certificate authority's")
            length = rules[1].content[-1] if len(rules) > 1 else -1
    if length is None:
        raise RootsError("does not say that it is a certificate authority's")
    return length


def root(certificate: bytes) -> Root:
    """What is kept of one certificate in DER."""
    to_be_signed = elements(elements(certificate)[0].content)[0]
    fields = elements(to_be_signed.content)
    if fields[0].tag == VERSION:
        fields = fields[1:]
        extensions = [field.content for field in fields if field.tag == EXTENSIONS]
        length = path_length(extensions[0]) if extensions else -1
    else:
        length = -1  # version 1 had no extensions
    _serial, _algorithm, _issuer, validity, subject, key = fields[:6]
    return Root(subject.raw, validity.raw, key.raw, length)


def roots(bundle: bytes) -> list[Root]:
    """The roots of a PEM bundle whose keys we can use, by name. Raises RootsError."""
    found = set()
    for number, block in enumerate(_BLOCK.findall(bundle), 1):
        try:
            one = root(base64.b64decode(block))
        except (RootsError, IndexError, ValueError) as error:
            raise RootsError(f"certificate {number} of the bundle {error}") from error
        if not any(kind in one.key for kind in UNSUPPORTED_KEYS):
            found.add(one)
    if not found:
        raise RootsError("no certificate in the bundle: expected certifi's cacert.pem")
    return sorted(found)


def roots_source(bundle: bytes, version: str) -> str:
    """The C file, the same for the same bundle; `version` is certifi's, which is a date."""
    data = b"".join(one.record for one in roots(bundle))
    lines = [
        "    " + ",".join(str(byte) for byte in data[at : at + BYTES_A_LINE]) + ","
        for at in range(0, len(data), BYTES_A_LINE)
    ]
    return "\n".join(
        (
            "// Made by tools/roots.py from certifi; do not edit.",
            '#include "weft_tls.h"',
            "",
            f'const char weft_roots_version[] = "{version}";',
            f"const size_t weft_roots_embedded_bytes = {len(data)};",
            f"const unsigned char weft_roots_embedded[{len(data)}] = {{",
            *lines,
            "};",
            "",
        )
    )


def main(arguments: list[str]) -> int:
    """Arguments: certifi's cacert.pem, its version, the C file to write."""
    bundle, version, output = arguments
    Path(output).write_text(roots_source(Path(bundle).read_bytes(), version), encoding="ascii")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
