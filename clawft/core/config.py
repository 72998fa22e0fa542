"""Turns the config file, the environment and the command line into one checked Config.

The order of precedence: command line, environment (`CLAWFT__SECTION__KEY`), file, default. Which keys there are
stands in `config_keys`, what a value must be in `config_values`, how layers are read in `config_load`.
"""

from __future__ import annotations

from clawft.core import config_keys as table
from clawft.core.config_load import Loader
from clawft.core.config_values import expanded
from clawft.core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clawft.core.interfaces import Files

MOST_FILE_BYTES = 1_048_576


class ProviderConfig:
    """One provider's section; what is not set is ""."""

    __slots__ = ("api_base", "api_key", "api_key_file", "api_key_keyring", "extra_headers", "format", "name")

    def __init__(
        self,
        name: str,
        api_key: str,
        api_key_file: str,
        api_key_keyring: str,
        api_base: str,
        extra_headers: dict[str, str],
        wire: str,
    ) -> None:
        self.name = name
        self.api_key = api_key
        self.api_key_file = api_key_file
        self.api_key_keyring = api_key_keyring
        self.api_base = api_base
        self.extra_headers = extra_headers
        self.format = wire


class Config:
    """What is in force, by dotted path (`agents.defaults.max_tokens`, `providers.openai.api_base`).

    `source` is the file it was read from, "" for none; `warnings` are for the user's eyes; `workspace` and
    `state_folder` are absolute; `later` holds the sections that a later version reads, as they were written.
    An unknown path is a KeyError, the wrong getter a TypeError: mistakes of ours, not the user's.
    """

    __slots__ = (
        "_home",
        "_origins",
        "_providers",
        "_values",
        "later",
        "source",
        "state_folder",
        "warnings",
        "workspace",
    )

    def __init__(
        self,
        values: dict[str, object],
        origins: dict[str, str],
        providers: list[str],
        home: str,
        source: str = "",
        warnings: Sequence[str] = (),
        later: dict[str, object] | None = None,
    ) -> None:
        self._values = values
        self._origins = origins
        self._providers = providers
        self._home = home
        self.source = source
        self.warnings = list(warnings)
        self.later = later if later is not None else {}
        self.workspace = expanded(self.text("agents.defaults.workspace"), home)
        self.state_folder = home + table.STATE_FOLDER

    def text(self, path: str) -> str:
        """A text, "" where null stands for none."""
        value = self._value(path)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise TypeError(path + " is not a text")
        return value

    def integer(self, path: str) -> int:
        value = self._value(path)
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(path + " is not an integer")
        return value

    def number(self, path: str) -> float:
        value = self.optional_number(path)
        if value is None:
            raise TypeError(path + " may be null")
        return value

    def optional_number(self, path: str) -> float | None:
        value = self._value(path)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(path + " is not a number")
        return float(value)

    def flag(self, path: str) -> bool:
        value = self._value(path)
        if not isinstance(value, bool):
            raise TypeError(path + " is not a flag")
        return value

    def texts(self, path: str) -> list[str]:
        value = self._value(path)
        if not isinstance(value, (list, tuple)):
            raise TypeError(path + " is not a list")
        return list(value)

    def section(self, path: str) -> dict[str, object]:
        """The keys of one section, by name."""
        start = path + "."
        return {name[len(start) :]: value for name, value in self._values.items() if name.startswith(start)}

    def secrets(self) -> list[str]:
        """Every secret value that was given, of each provider and tool, whichever of them is used."""
        found: list[str] = []
        for key in table.KEYS:
            if key.is_secret:
                for path in [key.path.replace("*", name) for name in self._providers] or [key.path]:
                    value = self._values.get(path)
                    given = value.values() if isinstance(value, dict) else [value]
                    found += [one for one in given if isinstance(one, str) and one]
        return found

    def provider_names(self) -> list[str]:
        """The providers that the user gave any key for, in that order."""
        return list(self._providers)

    def provider(self, name: str) -> ProviderConfig:
        """A provider's section, all defaults where the user gave none."""
        path = "providers." + name + "."
        headers = self._value(path + "extra_headers")
        return ProviderConfig(
            name,
            self.text(path + "api_key"),
            expanded(self.text(path + "api_key_file"), self._home),
            self.text(path + "api_key_keyring"),
            self.text(path + "api_base"),
            dict(headers) if isinstance(headers, dict) else {},
            self.text(path + "format"),
        )

    def is_set(self, path: str) -> bool:
        """Whether the user gave this key anywhere."""
        return path in self._origins

    def has_set(self, start: str) -> bool:
        """Whether the user gave any key whose path begins so."""
        return any(path.startswith(start) for path in self._origins)

    def origin(self, path: str) -> str:
        """`default`, `file`, `environment` or `command line`."""
        return self._origins.get(path, "default")

    def effective(self) -> dict[str, object]:
        """Every key with its value, as nested objects, secrets in clear; each provider that the user gave."""
        result: dict[str, object] = {}
        providers: dict[str, object] = {}
        for key in table.KEYS:
            if key.path.startswith("providers.*."):
                result["providers"] = providers
            else:
                section = result
                names = key.path.split(".")
                for name in names[:-1]:
                    inner = section.setdefault(name, {})
                    section = inner if isinstance(inner, dict) else {}
                section[names[-1]] = _copied(self._values[key.path])
        for name in self._providers:
            path = "providers." + name + "."
            providers[name] = {field: _copied(self._value(path + field)) for field in table.provider_keys()}
        return result

    def _value(self, path: str) -> object:
        if path not in self._values and path.startswith("providers."):
            return table.provider_keys()[path.rsplit(".", 1)[-1]].default
        return self._values[path]


def load_config(
    files: Files,
    environment: dict[str, str],
    home: str,
    explicit_path: str | None = None,
    overrides: Sequence[tuple[str, str]] = (),
) -> Config:
    """Find, read and check the configuration. `overrides` are dotted paths and texts from the command line.

    Raises ConfigError: a file named on the command line is missing, the file is not JSON (comments and trailing
    commas are fine), or a value does not fit its key. Unknown keys are warnings.
    """
    home = home[:-1] if len(home) > 1 and home[-1] in "/\\" else home
    loader = Loader(home)
    source, data = _find(files, environment, home, explicit_path, loader.warnings)
    if source:
        if len(data) > MOST_FILE_BYTES:
            raise ConfigError(source, f"at most {MOST_FILE_BYTES} bytes", f"{len(data)} bytes")
        loader.read_file(source, data)
    loader.read_environment(environment)
    loader.read_overrides(overrides)
    loader.finish()
    return Config(
        loader.values, loader.origins, loader.providers, home, loader.source, loader.warnings, loader.later
    )


def _find(
    files: Files, environment: dict[str, str], home: str, explicit_path: str | None, warnings: list[str]
) -> tuple[str, bytes]:
    if explicit_path is not None:
        path = expanded(explicit_path, home)
        data = files.read(path)
        if data is None:
            raise ConfigError(path, "a config file", "none", "`weft config init " + path + "` writes one")
        return path, data
    named = environment.get("CLAWFT_CONFIG", "")
    if named:
        path = expanded(named, home)
        data = files.read(path)
        if data is None:
            warnings.append("CLAWFT_CONFIG: " + path + " does not exist; every key has its default")
            return "", b""
        return path, data
    path = home + table.CONFIG_FILE
    data = files.read(path)
    if data is not None:
        return path, data
    legacy = home + table.LEGACY_CONFIG_FILE
    data = files.read(legacy)
    if data is not None:
        warnings.append(legacy + ": read because there is no " + path + "; move it there to keep it")
        return legacy, data
    return "", b""


def _copied(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return list(value)
    return dict(value) if isinstance(value, dict) else value
