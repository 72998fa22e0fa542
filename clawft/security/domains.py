"""Says which hosts an entry of a domain list covers, and which names belong to metadata services or this machine.

An entry `example.com` (or `.example.com`) covers that name and every name below it, `*.example.com` only the names
below it, `*` every host. A `*` anywhere else is refused. An IP address covers itself, in every spelling and wherever
an IPv6 address carries it. Case, a full stop at the end and the spelling of a name in another script do not matter.
"""

from __future__ import annotations

from clawft.core.errors import ConfigError, PolicyDenied
from clawft.core.url import UrlError
from clawft.security.addresses import Address, carried, parse_address
from clawft.security.hosts import canonical_host

# What clouds call their metadata services. Names below them count, and `metadata.<anything>.internal`.
METADATA_NAMES = (
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.internal",
    "metadata.azure.internal",
    "metadata.azure.com",
    "metadata.ec2.internal",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.tencentyun.com",
    "metadata.platformequinix.com",
    "metadata.packet.net",
    "metadata.cloud.ibm.com",
    "rancher-metadata",
    "rancher-metadata.rancher.internal",
)
_METADATA_LABELS = ("metadata", "instance-data", "rancher-metadata")

# Names that mean this machine whatever DNS says (RFC 6761 and usual hosts files), and top-level domains that are
# never in the public DNS (RFC 6762 and its appendix G, RFC 8375, ICANN's .internal); names below them count.
LOCAL_NAMES = (
    "localhost", "localdomain", "localdomain6", "localdomain4",
    "local", "internal", "home.arpa", "intranet", "private", "corp", "home", "lan",
)  # fmt: skip
_MORE_LOCAL_NAMES = ("ip6-localhost", "ip6-loopback", "localhost6", "localhost4", "broadcasthost")


class DomainList:
    """The entries of one config key. `is_empty` says that there are none."""

    def __init__(self, key: str, entries: list[str]) -> None:
        """Raises ConfigError, which names `key`, for what is neither a domain nor an address."""
        self._covers_all = False
        self._names: dict[str, bool] = {}  # True: the name itself too, not only what is below it
        self._addresses: list[Address] = []
        self.is_empty = not entries
        for entry in entries:
            self._add(key, entry)

    def covers(self, host: str, address: Address | None) -> bool:
        """Whether an entry covers a canonical host, whose address is given where it is one."""
        if self._covers_all:
            return True
        return self.covers_address(address) if address is not None else self._covers_name(host)

    def covers_address(self, address: Address) -> bool:
        """Whether an entry is this address or one that it carries."""
        return any(one.is_same(entry) for one in _with_carried(address) for entry in self._addresses)

    def _covers_name(self, host: str) -> bool:
        if self._names.get(host, False):
            return True
        at = host.find(".")
        while at >= 0:
            if host[at + 1 :] in self._names:
                return True
            at = host.find(".", at + 1)
        return False

    def _add(self, key: str, entry: str) -> None:
        text = entry.strip()
        if text == "*":
            self._covers_all = True
            return
        is_only_below = text.startswith("*.")
        name = text[2:] if is_only_below else text[1:] if text.startswith(".") else text
        try:
            if ":" in name and not name.startswith("["):
                name = "[" + name + "]"
            host = canonical_host(name)
        except (UrlError, PolicyDenied):
            raise ConfigError(
                key,
                "a domain (example.com), the names below one (*.example.com), an IP address or *",
                repr(entry),
            )
        address = parse_address(host[1:-1] if host.startswith("[") else host)
        if address is None:
            self._names[host] = self._names.get(host, False) or not is_only_below
        elif name == text or name == "[" + text + "]":
            self._addresses += _with_carried(address)
        else:
            raise ConfigError(key, "an IP address without * or a full stop before it", repr(entry))


def is_metadata_name(host: str) -> bool:
    """Whether a canonical host is a name of a cloud's metadata service."""
    labels = host.split(".")
    if labels[-1] == "internal" and any(label in _METADATA_LABELS for label in labels):
        return True
    return _is_at_or_below(host, METADATA_NAMES)


def is_local_name(host: str) -> bool:
    """Whether a canonical host can only be a name of this machine or of a network near it."""
    return _is_at_or_below(host, LOCAL_NAMES) or host in _MORE_LOCAL_NAMES


def _is_at_or_below(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith("." + name) for name in names)


def _with_carried(address: Address) -> list[Address]:
    return [address] + carried(address)
