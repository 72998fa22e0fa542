"""Turns the `tools.url_policy` section into a checked record. Holds its keys and defaults, and decides nothing."""

from __future__ import annotations

from clawft.core.errors import ConfigError
from clawft.core.near import did_you_mean
from clawft.security.url_requests import is_never_allowed

SCHEMES = ("http", "https")
# HTTP's own, and those under which web servers usually stand; none of them is the port of another protocol's servers.
DEFAULT_PORTS = (80, 443, 3000, 5000, 8000, 8008, 8080, 8081, 8443, 8888)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
DEFAULT_METHODS = ("GET", "HEAD")
_LARGEST_PORT = 65535


class UrlSettings:
    """What the policy's owner decided. Every list replaces its default."""

    __slots__ = (
        "allow_private",
        "allowed_domains",
        "allowed_headers",
        "allowed_methods",
        "allowed_ports",
        "allowed_schemes",
        "blocked_domains",
        "enabled",
        "private_domains",
    )

    def __init__(
        self,
        *,
        enabled: bool = True,
        allow_private: bool = False,
        allowed_domains: list[str] | None = None,
        blocked_domains: list[str] | None = None,
        private_domains: list[str] | None = None,
        allowed_schemes: list[str] | None = None,
        allowed_ports: list[int] | None = None,
        allowed_methods: list[str] | None = None,
        allowed_headers: list[str] | None = None,
    ) -> None:
        self.enabled = enabled
        self.allow_private = allow_private
        self.allowed_domains = allowed_domains or []
        self.blocked_domains = blocked_domains or []
        self.private_domains = private_domains or []
        self.allowed_schemes = list(SCHEMES) if allowed_schemes is None else allowed_schemes
        self.allowed_ports = list(DEFAULT_PORTS) if allowed_ports is None else allowed_ports
        self.allowed_methods = list(DEFAULT_METHODS) if allowed_methods is None else allowed_methods
        self.allowed_headers = allowed_headers or []
        _check(self)


def url_settings(section: dict[str, object], path: str = "tools.url_policy") -> UrlSettings:
    """The record of a section, as JSON gives it; keys in either spelling, null for the default.

    Raises ConfigError, for unknown keys too: a misspelt list of blocked domains must not be an empty one.
    """
    values: dict[str, object] = {}
    for key, value in section.items():
        name = "".join(["_" + letter.lower() if "A" <= letter <= "Z" else letter for letter in key])
        if name not in UrlSettings.__slots__:
            raise ConfigError(path, "one of its keys", repr(key), did_you_mean(name, UrlSettings.__slots__))
        if value is not None:
            values[name] = value
    reader = _Section(values, path)
    return UrlSettings(
        enabled=reader.flag("enabled", otherwise=True),
        allow_private=reader.flag("allow_private", otherwise=False),
        allowed_domains=reader.texts("allowed_domains"),
        blocked_domains=reader.texts("blocked_domains"),
        private_domains=reader.texts("private_domains"),
        allowed_schemes=reader.texts("allowed_schemes"),
        allowed_ports=reader.integers("allowed_ports"),
        allowed_methods=reader.texts("allowed_methods"),
        allowed_headers=reader.texts("allowed_headers"),
    )


class _Section:
    """Reads values of one section by their types."""

    def __init__(self, values: dict[str, object], path: str) -> None:
        self._values = values
        self._path = path

    def flag(self, name: str, *, otherwise: bool) -> bool:
        value = self._values.get(name, otherwise)
        if not isinstance(value, bool):
            raise ConfigError(self._path + "." + name, "true or false", repr(value))
        return value

    def texts(self, name: str) -> list[str] | None:
        items = self._items(name)
        if items is None:
            return None
        found = [item for item in items if isinstance(item, str)]
        if len(found) != len(items):
            raise ConfigError(self._path + "." + name, "a list of texts", repr(items))
        return found

    def integers(self, name: str) -> list[int] | None:
        items = self._items(name)
        if items is None:
            return None
        found = [item for item in items if isinstance(item, int) and not isinstance(item, bool)]
        if len(found) != len(items):
            raise ConfigError(self._path + "." + name, "a list of integers", repr(items))
        return found

    def _items(self, name: str) -> list[object] | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, (list, tuple)):
            raise ConfigError(self._path + "." + name, "a list", repr(value))
        return list(value)


def _check(settings: UrlSettings) -> None:
    settings.allowed_schemes = [scheme.lower() for scheme in settings.allowed_schemes]
    settings.allowed_methods = [method.upper() for method in settings.allowed_methods]
    for scheme in settings.allowed_schemes:
        if scheme not in SCHEMES:
            raise ConfigError("tools.url_policy.allowed_schemes", "http and https at most", repr(scheme))
    for port in settings.allowed_ports:
        if not 1 <= port <= _LARGEST_PORT:
            raise ConfigError("tools.url_policy.allowed_ports", "ports from 1 to 65535", repr(port))
    for method in settings.allowed_methods:
        if method not in METHODS:
            raise ConfigError(
                "tools.url_policy.allowed_methods", "any of " + ", ".join(METHODS), repr(method)
            )
    for header in settings.allowed_headers:
        if is_never_allowed(header.lower()):
            raise ConfigError(
                "tools.url_policy.allowed_headers", "headers that a model may set", repr(header)
            )
