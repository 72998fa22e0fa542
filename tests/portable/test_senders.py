"""Nobody may write on a channel unless its list says so."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.senders import SenderPolicy


def is_allowed(policy: SenderPolicy, identifier: str, name: str = "") -> bool:
    try:
        policy.judge(identifier, name)
    except PolicyDenied as denied:
        assert denied.rule == "sender.unknown"
        return False
    return True


def test_an_empty_list_is_nobody() -> None:
    for entries in ((), ("",), (" ",), ("@",)):
        policy = SenderPolicy("telegram", entries)
        assert not is_allowed(policy, "1")
        assert not is_allowed(policy, "", "")
        assert not is_allowed(policy, "*", "*")
        assert "nobody" in policy.warning


def test_a_star_is_everybody_and_says_so() -> None:
    policy = SenderPolicy("telegram", ("1", "*"))
    assert is_allowed(policy, "2")
    assert is_allowed(policy, "")
    assert "everybody" in policy.warning


def test_an_identifier_is_compared_exactly() -> None:
    policy = SenderPolicy("slack", ("U123", " 42 "))
    assert policy.warning == ""
    assert is_allowed(policy, "U123")
    assert is_allowed(policy, "42")
    for other in ("u123", "U1234", "U12", "", "U123 ", "4"):
        assert not is_allowed(policy, other), other
    assert not is_allowed(policy, "9", "42")
    assert not is_allowed(policy, "9", "@U123")


def test_a_name_needs_its_sign_in_the_list() -> None:
    policy = SenderPolicy("telegram", ("@Ada",))
    assert is_allowed(policy, "1", "ada")
    assert is_allowed(policy, "1", "@ADA")
    assert not is_allowed(policy, "Ada")
    assert not is_allowed(policy, "@Ada")
    assert not is_allowed(policy, "1", "adam")
    assert not is_allowed(policy, "1", "")


def test_a_refusal_names_the_sender_without_what_could_forge_a_line() -> None:
    try:
        SenderPolicy("telegram", ()).judge("1\n\x1b[2Jx" + "y" * 100)
    except PolicyDenied as denied:
        assert denied.message.startswith("denied by sender.unknown: telegram:1??[2Jxyyy")
        assert len(denied.subject) < 80
