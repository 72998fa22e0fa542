"""tools/roots.py: what is kept of a root, what is refused, and that the result never varies."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import certifi
import pytest

from tools import roots
from tools.roots import RootsError, element, elements

ROOT_PEM = Path(__file__).parents[1] / "native" / "certificates" / "root.pem"
LEAF_PEM = ROOT_PEM.with_name("self_signed.pem")
NAME = element(roots.SEQUENCE, b"\x31\x00")
VALIDITY = element(roots.SEQUENCE, b"\x17\x01a\x17\x01b")
KEY = element(roots.SEQUENCE, b"\x03\x02\x00k")
CA = element(roots.SEQUENCE, roots.BASIC_CONSTRAINTS + b"\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff")
CA_WITH_LENGTH = element(
    roots.SEQUENCE, roots.BASIC_CONSTRAINTS + b"\x04\x08\x30\x06\x01\x01\xff\x02\x01\x03"
)
NO_CA = element(roots.SEQUENCE, roots.BASIC_CONSTRAINTS + b"\x04\x02\x30\x00")
NAME_CONSTRAINTS = element(roots.SEQUENCE, roots.NAME_CONSTRAINTS + b"\x04\x02\x30\x00")
KEY_USAGE_EXTENDED = element(roots.SEQUENCE, roots.EXTENDED_KEY_USAGE + b"\x04\x02\x30\x00")


def certificate(*extensions: bytes, key: bytes = KEY) -> bytes:
    fields = [b"\xa0\x03\x02\x01\x02", b"\x02\x01\x01", NAME, NAME, VALIDITY, NAME, key]
    if extensions:
        fields.append(element(roots.EXTENSIONS, element(roots.SEQUENCE, b"".join(extensions))))
    signed = element(roots.SEQUENCE, b"".join(fields))
    return element(roots.SEQUENCE, signed + NAME + b"\x03\x02\x00s")


def pem(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(der) + b"\n-----END CERTIFICATE-----\n"


def array(source: str) -> bytes:
    found = re.search(r"embedded\[\d+\] = \{(.*?)\};", source, re.DOTALL)
    assert found is not None
    return bytes(int(number) for number in found[1].replace("\n", "").split(",") if number.strip())


def test_a_root_keeps_its_name_key_time_and_nothing_of_its_signature():
    (one,) = roots.roots(ROOT_PEM.read_bytes())
    assert b"clawft test root" in one.subject
    assert one.path_length == -1
    kept = [part.raw for part in elements(elements(one.record)[0].content)]
    assert kept == [one.validity, one.subject, one.key, b"\x02\x01\xff"]


def test_a_path_length_is_kept():
    assert roots.root(certificate(CA_WITH_LENGTH)).record.endswith(b"\x02\x01\x03")


def test_the_array_in_c_holds_the_records():
    bundle = ROOT_PEM.read_bytes()
    source = roots.roots_source(bundle, "2026.01.02")
    (one,) = roots.roots(bundle)
    assert array(source) == one.record
    assert f"weft_roots_embedded_bytes = {len(one.record)};" in source
    assert 'weft_roots_version[] = "2026.01.02"' in source


def test_neither_order_nor_repetition_changes_the_result():
    first, second = pem(certificate(CA)), pem(certificate(CA_WITH_LENGTH))
    assert roots.roots_source(first + second, "1") == roots.roots_source(second + first + second, "1")


def test_a_key_that_mbedtls_is_built_without_is_left_out():
    unsupported = certificate(CA, key=element(roots.SEQUENCE, roots.UNSUPPORTED_KEYS[0]))
    assert len(roots.roots(pem(certificate(CA)) + pem(unsupported))) == 1


@pytest.mark.parametrize(
    ("der", "words"),
    [
        (certificate(NO_CA), "is no certificate authority's"),
        (certificate(KEY_USAGE_EXTENDED), "would lose"),
        (certificate(CA, NAME_CONSTRAINTS), "would lose"),
        (certificate(element(roots.SEQUENCE, b"\x06\x01\x01\x04\x00")), "does not say"),
        (certificate(CA)[:-3], "longer than what holds it"),
        (b"\x30", "in the middle"),
    ],
)
def test_what_is_no_root_is_refused_with_its_place(der, words):
    with pytest.raises(RootsError, match=f"certificate 2 of the bundle .*{words}"):
        roots.roots(pem(certificate(CA)) + pem(der))


def test_a_servers_certificate_is_no_root():
    with pytest.raises(RootsError, match="certificate 1"):
        roots.roots(LEAF_PEM.read_bytes())


def test_a_file_without_certificates_is_refused():
    with pytest.raises(RootsError, match="no certificate in the bundle"):
        roots.roots(b"nothing\n")


def test_all_of_certifi_is_taken():
    bundle = Path(certifi.where()).read_bytes()
    found = roots.roots(bundle)
    left_out = bundle.count(b"BEGIN CERTIFICATE") - len(found)
    assert len(found) > 100
    assert left_out <= 2
