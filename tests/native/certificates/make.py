"""Makes the certificates beside this file: good ones, and one for each attack on a TLS client. Run by hand only.

Each file NAME.pem is what a server presents: its private key, its certificate and the intermediates it sends. All are
signed, in the end, by root.pem, whose key is thrown away: to change anything make all of them anew with
`python -m tests.native.certificates.make`, which needs the package `cryptography`.
"""

# It runs by hand, and the sessions do not install cryptography.
# mypy: ignore-errors

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

FOLDER = Path(__file__).parent
NOTE = "For tests on loopback only, made by make.py. The private key, if any, is public.\n"
PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
RECENT = dt.datetime(2021, 6, 1, tzinfo=dt.UTC)
FAR = dt.datetime(2119, 1, 1, tzinfo=dt.UTC)
FUTURE = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)
LOCALHOST = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
CA = x509.BasicConstraints(ca=True, path_length=None)
CA_OF_LEAVES = x509.BasicConstraints(ca=True, path_length=0)
NO_CA = x509.BasicConstraints(ca=False, path_length=None)
CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
OTHER_NAMES = x509.NameConstraints([x509.DNSName("example.org")], None)
P256, P384, P521 = ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()


class Signed(NamedTuple):
    """A certificate and the key it is for."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def name(self) -> x509.Name:
        return self.certificate.subject


def sign(
    common_name: str,
    issuer: Signed | None,
    *extensions: x509.ExtensionType,
    critical: tuple[x509.ExtensionType, ...] = (),
    names: tuple[x509.GeneralName, ...] = (),
    key: CertificateIssuerPrivateKeyTypes | None = None,
    start: dt.datetime = PAST,
    end: dt.datetime = FAR,
) -> Signed:
    """A certificate; without an issuer it is signed by itself."""
    key = key or ec.generate_private_key(P256)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.name if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    for extension in critical:
        builder = builder.add_extension(extension, critical=True)
    return Signed(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def pem(one: Signed) -> str:
    return one.certificate.public_bytes(serialization.Encoding.PEM).decode()


def write(name: str, leaf: Signed, *intermediates: Signed) -> None:
    key = leaf.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    (FOLDER / f"{name}.pem").write_text(NOTE + key + pem(leaf) + "".join(map(pem, intermediates)))


def forge(one: Signed) -> Signed:
    """The same certificate with one bit of its signature turned."""
    der = bytearray(one.certificate.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    return Signed(x509.load_der_x509_certificate(bytes(der)), one.key)


def authority(
    common_name: str,
    issuer: Signed | None,
    *extensions: x509.ExtensionType,
    critical: tuple[x509.ExtensionType, ...] = (CA,),
) -> Signed:
    return sign(common_name, issuer, *extensions, critical=critical)


def make_good(root: Signed, middle: Signed) -> None:
    write("p256", sign("localhost", root, NO_CA, SERVERS, names=LOCALHOST))
    write("p384", sign("localhost", root, names=LOCALHOST, key=ec.generate_private_key(P384)))
    for bits in (2048, 4096):
        write(
            f"rsa{bits}", sign("localhost", root, names=LOCALHOST, key=rsa.generate_private_key(65537, bits))
        )
    write("intermediate", sign("localhost", middle, names=LOCALHOST), middle)
    rsa_middle = sign("rsa intermediate", root, critical=(CA,), key=rsa.generate_private_key(65537, 2048))
    write("rsa_intermediate", sign("localhost", rsa_middle, names=LOCALHOST), rsa_middle)


def make_issuers(root: Signed, middle: Signed) -> None:
    leaf = sign("a server", root, NO_CA, names=LOCALHOST)
    write("leaf_as_issuer", sign("localhost", leaf, names=LOCALHOST), leaf)
    no_extension = sign("an old leaf", root)
    write("silent_issuer", sign("localhost", no_extension, names=LOCALHOST), no_extension)
    signs_nothing = authority(
        "an authority for nothing",
        root,
        critical=(CA, x509.KeyUsage(True, *[False] * 8)),
    )
    write("issuer_without_signing", sign("localhost", signs_nothing, names=LOCALHOST), signs_nothing)
    short = authority("of leaves only", root, critical=(CA_OF_LEAVES,))
    below = authority("too far", short)
    write("path_too_long", sign("localhost", below, names=LOCALHOST), below, short)
    write("missing_intermediate", sign("localhost", middle, names=LOCALHOST))
    other_root = authority("another root", None)
    write("unknown_root", sign("localhost", other_root, names=LOCALHOST), other_root)
    same_name = authority("clawft test root", None)
    write("root_of_the_same_name", sign("localhost", same_name, names=LOCALHOST), same_name)
    write("forged", forge(sign("localhost", root, names=LOCALHOST)))
    write("self_signed", sign("localhost", None, names=LOCALHOST))
    old = sign("an expired intermediate", root, critical=(CA,), end=RECENT)
    write("expired_intermediate", sign("localhost", old, names=LOCALHOST), old)
    bound = authority("for other names", root, OTHER_NAMES)
    write("name_constraints", sign("localhost", bound, names=LOCALHOST), bound)
    bound = authority("strictly for other names", root, critical=(CA, OTHER_NAMES))
    write("critical_name_constraints", sign("localhost", bound, names=LOCALHOST), bound)
    for_clients = authority("for clients", root, CLIENTS)
    write("client_only_issuer", sign("localhost", for_clients, SERVERS, names=LOCALHOST), for_clients)


def make_leaves(root: Signed) -> None:
    write("client_only", sign("localhost", root, CLIENTS, names=LOCALHOST))
    write("expired", sign("localhost", root, names=LOCALHOST, end=RECENT))
    write("not_yet_valid", sign("localhost", root, names=LOCALHOST, start=FAR, end=FUTURE))
    write("wrong_host", sign("localhost", root, names=(x509.DNSName("elsewhere.test"),)))
    write("no_address", sign("localhost", root, names=LOCALHOST[:1]))
    write("address_as_name", sign("localhost", root, names=(x509.DNSName("127.0.0.1"),)))
    write("no_alternative_name", sign("localhost", root))
    write("unknown_critical", sign("localhost", root, names=LOCALHOST, critical=(UNKNOWN,)))
    write("rsa1024", sign("localhost", root, names=LOCALHOST, key=rsa.generate_private_key(65537, 1024)))  # noqa: S505 - an attack
    write("p521", sign("localhost", root, names=LOCALHOST, key=ec.generate_private_key(P521)))


def main() -> None:
    """Write all of them."""
    root = authority("clawft test root", None)
    middle = authority("an intermediate", root)
    make_good(root, middle)
    make_issuers(root, middle)
    make_leaves(root)
    (FOLDER / "root.pem").write_text(NOTE + pem(root))


if __name__ == "__main__":
    main()
