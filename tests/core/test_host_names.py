"""Hosts in other scripts on CPython: UTS 46 without transitional forms, IDNA 2008, then the checks of every host."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clawft.core.url import UrlError, parse_url


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("b%C3%BCcher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),  # composed first
        ("fa\u00df.de", "xn--fa-hia.de"),  # transitional would be fass.de, another site
        ("\uff42\u00fc\uff43\uff48\uff45\uff52\u3002example", "xn--bcher-kva.example"),  # full width
        ("xn--bcher-kva.b\u00fccher.example", "xn--bcher-kva.xn--bcher-kva.example"),
        ("\u05d0\u05d1.example", "xn--4dbc.example"),
        # What is ASCII once it is mapped is judged as what it became.
        ("\u2460.\u2461.\u2462.\u2463", "1.2.3.4"),
        ("ho\u200bst.example", "host.example"),
    ],
)
def test_a_name_in_another_script_is_mapped_to_its_xn_form(written, host):
    url = parse_url(f"https://{written}:8443/a")
    assert (url.host, url.port, url.target) == (host, 8443, "/a")


@pytest.mark.parametrize(
    "written",
    [
        "-\u00fc.example",  # a label that is not allowed
        "a_b.b\u00fccher.example",  # nor is an underscore beside one that is mapped
        "\u00bd.example",  # maps to a fraction slash
        "\u05d0a.example",  # right-to-left and left-to-right in one label
        "xn--zzzzzzzzz.b\u00fccher.example",  # does not decode
        "\U0001f600.example",  # emoji: no registry may hold them
        "i\u2764.example",
        "a\u200db.example",  # a joiner where none may be
        "\u00fc..example",
        "\u00fc.example.",
        "\u00ad",  # nothing is left
        "\u00fc" * 64 + ".example",
        "\u2460.\u2461",  # 1.2: an address in short
        "a\uff20b.b\u00fccher.example",  # a full-width @
        "a\uff0fb.b\u00fccher.example",  # a full-width /
    ],
)
def test_a_name_that_cannot_exist_is_refused(written):
    with pytest.raises(UrlError):
        parse_url(f"https://{written}/")


def test_the_refusal_says_why():
    with pytest.raises(
        UrlError, match="not a name that can exist: Label must not start or end with a hyphen"
    ):
        parse_url("https://-\u00fc.example/")


def test_the_tables_are_loaded_for_such_a_host_only():
    script = (
        "import sys\n"
        "from clawft.core.url import parse_url\n"
        "parse_url('https://xn--bcher-kva.example/')\n"
        "parse_url('https://\\uff41.example/')\n"
        "print('idna' in sys.modules)\n"
        "parse_url('https://b\\u00fccher.example/')\n"
        "print('idna' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
