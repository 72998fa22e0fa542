"""Turns one record of `weft policy check --jsonl` about a URL into a decision, without touching the network."""

from __future__ import annotations

from clawft.core.errors import ConfigError, PolicyDenied
from clawft.core.url import UrlError
from clawft.security.canonical_url import canonical_url
from clawft.security.url_settings import url_settings
from clawft.security.urls import UrlPolicy

ALLOW = "allow"
DENY = "deny"
ERROR = "error"


def url_decision(record: dict[str, object]) -> tuple[str, str, str]:
    """The decision, the rule and the reason about `value` under `policy` with the names in `resolve`.

    `policy` has the keys of tools.url_policy; without it the defaults hold. A name that is not in `resolve` does not
    resolve; without `resolve` nobody has looked, and a name is judged as far as it can be.
    """
    value = record.get("value")
    section = record.get("policy")
    if not isinstance(value, str):
        return ERROR, "input", "value: expected a text"
    if section is None:
        section = {}
    if not isinstance(section, dict):
        return ERROR, "input", "policy: expected an object with the keys of tools.url_policy"
    try:
        policy = UrlPolicy(url_settings(section))
        return url_decision_by(policy, value, resolutions(record.get("resolve")))
    except ConfigError as error:
        return ERROR, "input", error.message


def url_decision_by(
    policy: UrlPolicy, text: str, resolve: dict[str, tuple[str, ...]] | None
) -> tuple[str, str, str]:
    """The decision, the rule and the reason; `resolve` holds addresses by name, None where nobody looked."""
    try:
        checked = policy.judge(text)
        if checked.address is not None:
            return ALLOW, "url.address", checked.text
        if resolve is None:
            when = "judged when it is fetched" if policy.sees_addresses else "for the sandbox's host to judge"
            return ALLOW, "url.name", checked.text + " (its addresses are " + when + ")"
        addresses = policy.judge_addresses(checked, _found(resolve, checked.host))
    except PolicyDenied as denied:
        return DENY, denied.rule, denied.subject + ": " + denied.reason
    except UrlError as error:
        return ERROR, "url.malformed", str(error)
    return ALLOW, "url.addresses", checked.text + " at " + ", ".join(addresses)


def resolutions(value: object) -> dict[str, tuple[str, ...]] | None:
    if value is None:
        return None
    expected = "an object that gives lists of addresses by name"
    if not isinstance(value, dict):
        raise ConfigError("resolve", expected, repr(value))
    found: dict[str, tuple[str, ...]] = {}
    for name, addresses in value.items():
        if not isinstance(addresses, (list, tuple)) or not all(isinstance(one, str) for one in addresses):
            raise ConfigError("resolve", expected, repr(value))
        found[name] = tuple(addresses)
    return found


def _found(resolve: dict[str, tuple[str, ...]], host: str) -> tuple[str, ...]:
    """The addresses of a canonical host, whose name may be spelt in another way."""
    if host in resolve:
        return resolve[host]
    for name, addresses in resolve.items():
        try:
            if canonical_url("http://" + name + "/").parts.host == host:
                return addresses
        except (UrlError, PolicyDenied):
            continue
    return ()
