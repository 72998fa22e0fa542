"""Attacks on the executables' TLS: good certificates are taken, each bad one is refused in its own words."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.native.executables import Runnable

FOLDER = Path(__file__).parent / "certificates"
LIMIT_S = 60
SCRIPT = """
import sys
import _weft

try:
    handle = _weft.http("GET", sys.argv[1], (), b"", ("127.0.0.1",), (20000, 20000, 20000, 20000), None)
    while _weft.http_head(handle) is None:
        _weft.wait(20000)
    print("taken", _weft.http_head(handle)[0])
except _weft.TransportError as error:
    print("refused", error.args[0], error.args[1])
"""

GOOD = ("p256", "p384", "rsa2048", "rsa4096", "intermediate", "rsa_intermediate")
REFUSED = {
    "leaf_as_issuer": "issued by one that is no authority's",
    "silent_issuer": "issued by one that is no authority's",
    "issuer_without_signing": "its issuer may not sign",
    "path_too_long": "further from its authority than that allows",
    "missing_intermediate": "an intermediate certificate is missing",
    "unknown_root": "from an authority that is not trusted",
    "root_of_the_same_name": "from an authority that is not trusted",
    "forged": "not signed by the authority that it names",
    "self_signed": "signed by itself",
    "expired": "its certificate expired on 2021-06-01",
    "expired_intermediate": "its issuer's certificate expired on 2021-06-01",
    "not_yet_valid": "not valid before 2119-01-01",
    "name_constraints": "may vouch for certain names only (name constraints)",
    "critical_name_constraints": "a critical extension that weft cannot check (name constraints",
    "unknown_critical": "a critical extension that weft cannot check",
    "client_only": "its certificate is not for servers",
    "client_only_issuer": "its issuer may not vouch for servers",
    "wrong_host": "for another host",
    "no_alternative_name": "it has no subjectAltName",
    "address_as_name": "an address as if it were a host name",
    "rsa1024": "too weak (RSA below 2048 bits)",
    "p521": "refused the TLS handshake",
}


def serve(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # the test is over
        try:
            connection.settimeout(LIMIT_S)
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            pass  # refused, as it should be
        finally:
            connection.close()


@contextmanager
def server(name: str | None, version: ssl.TLSVersion | None = None) -> Iterator[int]:
    """Its port. It presents the file of that name; without one it does not speak TLS."""
    context = None
    if name is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL would not present what is too weak
        context.load_cert_chain(FOLDER / f"{name}.pem")
        if version is not None:
            context.minimum_version = context.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, context))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


class Client:
    """The executable, which asks for one page and says what became of it."""

    def __init__(self, test_build: Runnable, folder: Path) -> None:
        self.program = test_build
        self.folder = folder
        self.script = folder / "script.py"
        self.script.write_text(SCRIPT, encoding="utf-8")

    def get(self, url: str, trusted: Path = FOLDER / "root.pem") -> str:
        done = subprocess.run(
            [*self.program.command, self.program.inside(self.script), url],
            env=self.program.environment(HOME=str(self.folder), SSL_CERT_FILE=self.program.inside(trusted)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
            timeout=LIMIT_S,
        )
        return done.stdout.decode().strip()


@pytest.fixture
def client(test_build: Runnable, tmp_path: Path) -> Client:
    return Client(test_build, tmp_path)


def refusal(answer: str) -> str:
    assert answer.startswith("refused tls "), answer
    return answer.removeprefix("refused tls ")


@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["tls1.2", "tls1.3"]
)
@pytest.mark.parametrize("name", GOOD)
def test_a_good_certificate_is_taken(client, name, version):
    with server(name, version) as port:
        assert client.get(f"https://localhost:{port}/") == "taken 204"


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_certificate_is_refused_in_its_own_words(client, name):
    with server(name) as port:
        assert REFUSED[name] in refusal(client.get(f"https://localhost:{port}/"))


def test_there_is_a_case_for_every_certificate():
    assert {path.stem for path in FOLDER.glob("*.pem")} == {*GOOD, *REFUSED, "no_address", "root"}


def test_an_address_is_taken_when_the_certificate_lists_it_as_one(client):
    with server("p256") as port:
        assert client.get(f"https://127.0.0.1:{port}/") == "taken 204"


@pytest.mark.parametrize(
    ("name", "words"),
    [("no_address", "for another host"), ("address_as_name", "an address as if it were a host name")],
)
def test_an_address_is_refused_otherwise(client, name, words):
    with server(name) as port:
        assert words in refusal(client.get(f"https://127.0.0.1:{port}/"))


def test_a_host_without_its_address_in_the_certificate_is_taken(client):
    with server("no_address") as port:
        assert client.get(f"https://localhost:{port}/") == "taken 204"


def test_a_servers_own_certificate_is_taken_when_the_user_trusts_just_that(client):
    with server("self_signed") as port:
        assert client.get(f"https://localhost:{port}/", trusted=FOLDER / "self_signed.pem") == "taken 204"


def test_a_trusted_leaf_does_not_vouch_for_others(client):
    with server("leaf_as_issuer") as port:
        answer = client.get(f"https://localhost:{port}/", trusted=FOLDER / "leaf_as_issuer.pem")
        assert refusal(answer)


@pytest.mark.parametrize(
    "content", [None, b"", b"not a certificate\n", b"-----BEGIN CERTIFICATE-----\nAAAA\n"]
)
def test_nobody_is_trusted_when_the_users_file_holds_no_certificate(client, tmp_path, content):
    trusted = tmp_path / "roots.pem"
    if content is not None:
        trusted.write_bytes(content)
    with server("p256") as port:
        answer = client.get(f"https://localhost:{port}/", trusted=trusted)
        assert "SSL_CERT_FILE names a file without certificates" in refusal(answer)


def test_the_tests_root_is_trusted_only_when_named(client):
    with server("p256") as port:
        answer = client.get(f"https://localhost:{port}/", trusted=FOLDER / "self_signed.pem")
        assert "issuer is not trusted" in refusal(answer)


def test_a_server_that_does_not_speak_tls_is_told_apart(client):
    with server(None) as port:
        assert "does not speak TLS on this port" in refusal(client.get(f"https://localhost:{port}/"))
