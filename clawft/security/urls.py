"""Decides which URLs a model may have fetched and which addresses they may reach. Resolves and connects nothing.

The order of use: `judge` the text, resolve the host once, `judge_addresses` all of what came back, connect to one of
those and to nothing else; then `redirect` for each hop, and the same again.

A list of allowed domains narrows what may be fetched and never widens it: where one is given, every other host is
refused, and an allowed host is still judged by its addresses. Only `allow_private` and `private_domains` open private
addresses. Nothing opens metadata services, `enabled: false` neither: what they hand out is not the model's to read.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.address_ranges import GLOBAL, METADATA, PRIVATE
from clawft.security.addresses import Address, kind_of, parse_address
from clawft.security.canonical_url import CanonicalUrl, canonical_url, resolved
from clawft.security.domains import DomainList, is_local_name, is_metadata_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.security.url_settings import UrlSettings

MOST_REDIRECTS = 5
REDIRECT_STATUSES = (301, 302, 303, 307, 308)


class CheckedUrl:
    """A URL that may be fetched if its addresses may be reached.

    `text` is the URL to send, `address` the host's address where it is one and None for a name, `hops` the redirects
    that led here.
    """

    __slots__ = ("address", "canonical", "hops", "may_reach_private")

    def __init__(
        self, canonical: CanonicalUrl, address: Address | None, hops: int, *, may_reach_private: bool
    ) -> None:
        self.canonical = canonical
        self.address = address
        self.hops = hops
        self.may_reach_private = may_reach_private

    @property
    def text(self) -> str:
        return self.canonical.text

    @property
    def scheme(self) -> str:
        return self.canonical.parts.scheme

    @property
    def host(self) -> str:
        """Lower case, an IPv6 address without its brackets."""
        return self.canonical.parts.host

    @property
    def port(self) -> int:
        return self.canonical.parts.port

    @property
    def origin(self) -> str:
        return self.canonical.parts.origin


class UrlPolicy:
    """The decisions for one configuration. `warnings` are for whoever starts the agent."""

    def __init__(self, settings: UrlSettings, *, sees_addresses: bool = True) -> None:
        """Raises ConfigError for a domain list that holds what is no domain.

        `sees_addresses`: false in a sandbox, where names and literal addresses are judged, not what a name leads to.
        """
        self.settings = settings
        self.sees_addresses = sees_addresses
        self._allowed = DomainList("tools.url_policy.allowed_domains", settings.allowed_domains)
        self._blocked = DomainList("tools.url_policy.blocked_domains", settings.blocked_domains)
        self._private = DomainList("tools.url_policy.private_domains", settings.private_domains)
        self.warnings: list[str] = []
        if not settings.enabled:
            self.warnings.append(
                "tools.url_policy.enabled is false: a model may reach every host and port but metadata services"
            )
        elif settings.allow_private:
            self.warnings.append(
                "tools.url_policy.allow_private is true: a model may reach this machine and its networks"
            )
        if not sees_addresses:
            self.warnings.append(
                "tools.url_policy cannot see in a sandbox what addresses a name leads to, private ones included: its "
                "host must judge them, or tools.url_policy.allowed_domains name the hosts to trust"
            )

    def judge(self, text: str) -> CheckedUrl:
        """Everything that can be decided before the host is resolved.

        Raises PolicyDenied, and UrlError for what is no URL at all.
        """
        return self._judged(canonical_url(text), 0)

    def judge_addresses(self, checked: CheckedUrl, addresses: tuple[str, ...]) -> tuple[str, ...]:
        """The addresses that may be connected to: all of one resolution, each once, or none.

        Raises PolicyDenied: url.resolution where there are none, url.metadata, url.private or url.unusable for any.
        """
        if not addresses:
            raise PolicyDenied("url.resolution", checked.host, "its name does not resolve")
        found: list[str] = []
        for text in addresses:
            address = parse_address(text)
            if address is None:
                raise PolicyDenied("url.resolution", checked.host, "it resolves to what is no IP address")
            self._check_address(checked.host, address, may_reach_private=checked.may_reach_private)
            if address.text not in found:
                found.append(address.text)
        return tuple(found)

    def redirect(self, checked: CheckedUrl, status: int, location: str) -> CheckedUrl:
        """The next URL, judged like the first, when `status` is one of REDIRECT_STATUSES.

        Raises PolicyDenied also for a sixth hop and from https to http, and UrlError for a location that is no URL.
        """
        if status not in REDIRECT_STATUSES:
            raise ValueError(f"{status} is no redirect")
        if checked.hops >= MOST_REDIRECTS:
            raise PolicyDenied("url.redirect", checked.origin, f"more than {MOST_REDIRECTS} redirects")
        following = resolved(checked.canonical, location)
        if checked.scheme == "https" and following.parts.scheme != "https":
            raise PolicyDenied("url.redirect", following.parts.origin, "a redirect from https to http")
        return self._judged(following, checked.hops + 1)

    def _judged(self, canonical: CanonicalUrl, hops: int) -> CheckedUrl:
        parts = canonical.parts
        host = parts.host
        address = parse_address(host)
        if address is None and is_metadata_name(host):
            raise PolicyDenied("url.metadata", host, "it is the name of a cloud's metadata service")
        may_reach_private = self.settings.allow_private or self._private.covers(host, address)
        if self.settings.enabled:
            self._check_lists(canonical, address)
            if address is None and is_local_name(host) and not may_reach_private:
                raise PolicyDenied("url.private", host, "it is a name of this machine or its network")
        if address is not None:
            self._check_address(host, address, may_reach_private=may_reach_private)
        return CheckedUrl(canonical, address, hops, may_reach_private=may_reach_private)

    def _check_lists(self, canonical: CanonicalUrl, address: Address | None) -> None:
        parts = canonical.parts
        if parts.scheme not in self.settings.allowed_schemes:
            raise PolicyDenied(
                "url.scheme", parts.origin, "tools.url_policy.allowed_schemes does not list " + parts.scheme
            )
        if self._blocked.covers(parts.host, address):
            raise PolicyDenied("url.blocked_domains", parts.host, "tools.url_policy.blocked_domains lists it")
        if not self._allowed.is_empty and not self._allowed.covers(parts.host, address):
            raise PolicyDenied(
                "url.allowed_domains", parts.host, "tools.url_policy.allowed_domains does not list it"
            )
        if parts.port not in self.settings.allowed_ports:
            raise PolicyDenied(
                "url.allowed_ports",
                parts.origin,
                f"tools.url_policy.allowed_ports does not list {parts.port}",
            )

    def _check_address(self, host: str, address: Address, *, may_reach_private: bool) -> None:
        kind, name = kind_of(address)
        subject = host if host == address.text else host + " at " + address.text
        if kind == METADATA:
            raise PolicyDenied("url.metadata", subject, name)
        if not self.settings.enabled:
            return
        if self._blocked.covers_address(address):
            raise PolicyDenied(
                "url.blocked_domains", subject, "tools.url_policy.blocked_domains lists the address"
            )
        if kind == PRIVATE and not may_reach_private:
            raise PolicyDenied("url.private", subject, name)
        if kind not in (GLOBAL, PRIVATE):
            raise PolicyDenied("url.unusable", subject, name)
