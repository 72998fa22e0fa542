"""Turns configuration, environment and a wish into the models that may answer, in order. Speaks to no provider."""

from __future__ import annotations

from clawft.core.errors import ConfigError, KeyringError, StorageError
from clawft.core.utf8 import text_of
from clawft.providers.registry import (
    SPECS,
    provider_by_key,
    provider_by_model,
    provider_by_name,
    provider_names,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.config import Config, ProviderConfig
    from clawft.core.interfaces import Files
    from clawft.core.wire_format import WireFormat
    from clawft.providers.registry import ProviderSpec

OFFLINE = "offline"
SCRIPTED = "scripted"
MODEL_KEY = "agents.defaults.model"
FALLBACK_KEY = "agents.defaults.fallback_models"
KEY_FILE_LIMIT_BYTES = 16 * 1024


class ModelChoice:
    """A model and all it takes to ask it. `name` is `provider/model`; an unknown `context_window_tokens` is None.

    `wire` is None for the offline and the scripted model; `model` of the latter is the path of the script.
    """

    __slots__ = (
        "api_key",
        "base_url",
        "context_window_tokens",
        "format",
        "headers",
        "model",
        "name",
        "provider",
        "wire",
    )

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        wire_name: str = "",
        base_url: str = "",
        api_key: str = "",
        headers: list[tuple[str, str]] | None = None,
        context_window_tokens: int | None = None,
        wire: WireFormat | None = None,
    ) -> None:
        self.name = provider + "/" + model
        self.provider = provider
        self.model = model
        self.format = wire_name
        self.base_url = base_url
        self.api_key = api_key
        self.headers = headers if headers is not None else []
        self.context_window_tokens = context_window_tokens
        self.wire = wire


def choose_models(
    config: Config,
    environment: dict[str, str],
    files: Files,
    model: str | None = None,
    *,
    keyring: Callable[[str, str], str | None],
) -> list[ModelChoice]:
    """The model asked for, else the configured one, else the default of the first provider with a key; fallbacks after.

    [] where nothing is configured. ConfigError for an unknown provider, a missing key or address.
    """
    chooser = Chooser(config, environment, files, keyring)
    wanted = model or config.text(MODEL_KEY) or chooser.first_with_key()
    chosen = []
    if wanted:
        chosen.append(chooser.choice(wanted, "--model" if model else MODEL_KEY))
        if chosen[0].wire is None:
            return chosen
    for index, fallback in enumerate(config.texts(FALLBACK_KEY)):
        choice = chooser.choice(fallback, FALLBACK_KEY + "[" + str(index) + "]")
        if not [other for other in chosen if other.name == choice.name]:
            chosen.append(choice)
    return chosen


def configured_secrets(
    config: Config, environment: dict[str, str], files: Files, keyring: Callable[[str, str], str | None]
) -> list[str]:
    """Every secret that is configured: in the configuration, the variables of providers, key files and the keyring."""
    found = config.secrets()
    for spec in SPECS:
        found += [environment[name].strip() for name in spec.key_variables if environment.get(name)]
    for name in [spec.name for spec in SPECS] + config.provider_names():
        section = config.provider(name)
        path, entry = section.api_key_file, section.api_key_keyring
        try:
            data = files.read(path) if path else None
            kept = keyring(*_keyring_entry(entry)) if entry else None
        except (StorageError, KeyringError):
            data, kept = None, None  # whoever needs the key says so
        if kept:
            found.append(kept.strip())
        if data is not None and len(data) <= KEY_FILE_LIMIT_BYTES:
            found.append(text_of(data).strip())
    return found


class Chooser:
    """What there is to choose from."""

    def __init__(
        self,
        config: Config,
        environment: dict[str, str],
        files: Files,
        keyring: Callable[[str, str], str | None],
    ) -> None:
        self._config = config
        self._keyring = keyring
        self._environment = environment
        self._files = files

    def first_with_key(self) -> str:
        """The first provider that has a key and a default model, "" for none.

        ConfigError where there is only a provider that has no default model: nobody can guess which it serves.
        """
        for spec in SPECS:
            section = self._config.provider(spec.name)
            in_environment = [name for name in spec.key_variables if self._environment.get(name)]
            has_key = bool(
                section.api_key or section.api_key_file or section.api_key_keyring or in_environment
            )
            if has_key and spec.default_model and not spec.oauth:
                return spec.name
        for name in self._config.provider_names():
            section = self._config.provider(name)
            if section.api_key or section.api_key_file or section.api_base:
                raise ConfigError(
                    MODEL_KEY,
                    "a model, because providers." + name + " is configured and has no default model",
                    "nothing",
                    "set it to " + name + "/MODEL",
                )
        return ""

    def choice(self, wanted: str, where: str) -> ModelChoice:
        """The model that a name means."""
        prefix, slash, rest = wanted.strip().partition("/")
        if prefix == OFFLINE:
            return ModelChoice(OFFLINE, OFFLINE)
        if prefix == SCRIPTED:
            if not rest:
                raise ConfigError(where, "scripted/PATH with the path of a JSONL file", "'" + wanted + "'")
            return ModelChoice(SCRIPTED, rest)
        is_own = bool(slash) and prefix in self._config.provider_names() and _exact(prefix) is None
        spec = None if is_own else provider_by_name(prefix)
        if not slash:
            rest = spec.default_model if spec is not None else prefix
            spec = spec if spec is not None else provider_by_model(prefix)
        if spec is None and not is_own:
            raise self._unknown(wanted, prefix, bool(slash), where)
        if not rest:
            raise ConfigError(where, "a model's name after " + prefix + "/", "'" + wanted + "'")
        if spec is not None and spec.oauth:
            raise ConfigError(where, "a provider that takes an API key", "'" + wanted + "'", spec.oauth)
        return self._made(prefix if spec is None else spec.name, spec, rest, wanted, where)

    def _made(self, name: str, spec: ProviderSpec | None, rest: str, wanted: str, where: str) -> ModelChoice:
        from clawft.providers.prices import context_window_tokens  # noqa: PLC0415 - not where nothing is configured
        from clawft.providers.wires import wire_for  # noqa: PLC0415 - as above

        section = self._config.provider(name)
        base_url = section.api_base or (spec.base_url if spec is not None else "")
        if not base_url:
            raise ConfigError(
                "providers." + name + ".api_base",
                "the address of its API, because " + where + " is '" + wanted + "'",
                "nothing",
                "set it to a URL such as http://127.0.0.1:8000/v1",
            )
        key = self._key(name, spec, section, wanted, where)
        model = _model_name(spec, rest)
        wire_name = section.format or (spec.format if spec is not None else "openai")
        return ModelChoice(
            name,
            model,
            wire_name=wire_name,
            base_url=base_url,
            api_key=key,
            headers=[(header, section.extra_headers[header]) for header in section.extra_headers],
            context_window_tokens=context_window_tokens(name, model),
            wire=wire_for(name, wire_name, spec),
        )

    def _key(
        self, name: str, spec: ProviderSpec | None, section: ProviderConfig, wanted: str, where: str
    ) -> str:
        path = "providers." + name + ".api_key"
        source, key = path, section.api_key
        if not key and section.api_key_file:
            source = "providers." + name + ".api_key_file"
            key = self._key_in_file(source, section.api_key_file)
        if not key and section.api_key_keyring:
            source = "providers." + name + ".api_key_keyring"
            key = self._key_in_keyring(source, section.api_key_keyring)
        for variable in spec.key_variables if spec is not None else ():
            if not key and self._environment.get(variable):
                source, key = variable, self._environment[variable]
        key = key.strip()
        if [letter for letter in key if not "!" <= letter <= "~"]:
            raise ConfigError(source, "a key of printable ASCII characters", "one with others (not shown)")
        if not key and spec is not None and not spec.is_local and not section.api_base:
            raise ConfigError(
                path,
                "an API key of " + spec.title + ", because " + where + " is '" + wanted + "'",
                "none",
                "set the environment variable " + spec.key_variables[0] + " or " + path,
            )
        owner = provider_by_key(key)
        if (
            spec is not None
            and owner is not None
            and owner is not spec
            and not section.api_base
            and not spec.is_local
        ):
            raise ConfigError(
                source,
                "a key of " + spec.title,
                "one that begins as those of " + owner.title + " do",
                "use a model of " + owner.name + ", or put its key under providers." + owner.name,
            )
        return key

    def _key_in_file(self, where: str, path: str) -> str:
        data = self._files.read(path)
        if data is None:
            raise ConfigError(where, "a file that holds an API key", "no file at " + path)
        facts = self._files.stat(path)
        if facts is not None and facts.mode is not None and facts.mode & 0o077:
            raise ConfigError(
                where,
                "a file that only you can read",
                path + " with the mode %03o" % (facts.mode & 0o777),
                "run: chmod 600 " + path,
            )
        try:
            key = data.decode("utf-8").strip() if len(data) <= KEY_FILE_LIMIT_BYTES else ""
        except ValueError:
            key = ""
        if not key or "\n" in key:
            raise ConfigError(where, "a file that holds nothing but an API key", path + " that does not")
        return key

    def _key_in_keyring(self, where: str, entry: str) -> str:
        service, user = _keyring_entry(entry)
        if not service or not user:
            raise ConfigError(where, "SERVICE/USER", "'" + entry + "'")
        try:
            key = self._keyring(service, user)
        except KeyringError as error:
            raise ConfigError(where, "a keyring to read", "none", error.message)
        if not key:
            raise ConfigError(
                where,
                "an entry of the keyring",
                "none for " + user + " of " + service,
                "run: keyring set " + service + " " + user,
            )
        return key

    def _unknown(self, wanted: str, prefix: str, is_prefix: bool, where: str) -> ConfigError:  # noqa: FBT001 - which
        from clawft.core.near import did_you_mean, near  # noqa: PLC0415 - only for the error
        from clawft.providers.prices import known_models  # noqa: PLC0415 - as above

        names = provider_names() + [one for one in self._config.provider_names() if _exact(one) is None]
        if is_prefix:
            hint = did_you_mean(prefix, names)
            hint = hint + " " if hint else ""
            return ConfigError(
                where,
                "PROVIDER/MODEL with a provider that is known",
                "'" + wanted + "'",
                hint
                + "known are "
                + ", ".join(names)
                + " and whatever has a section under providers; a model with a"
                " slash in its own name needs its provider too, as in openrouter/" + wanted,
            )
        guesses = near(wanted, names)
        for spec in SPECS:
            if not spec.is_gateway:
                guesses += [spec.name + "/" + one for one in near(wanted, known_models(spec.name))]
        hint = "did you mean " + ", ".join(guesses[:3]) + "?" if guesses else "write it as openai/gpt-5.4"
        return ConfigError(where, "a model as PROVIDER/MODEL", "'" + wanted + "'", hint)


def _keyring_entry(entry: str) -> tuple[str, str]:
    """Service and user; both may hold a "/" only in the service."""
    service, _, user = entry.rpartition("/")
    return service, user


def _exact(name: str) -> ProviderSpec | None:
    found = provider_by_name(name)
    return found if found is not None and found.name == name else None


def _model_name(spec: ProviderSpec | None, rest: str) -> str:
    """The provider's own name for a model."""
    if spec is None:
        return rest
    for prefix in spec.drops:
        if rest.lower().startswith(prefix):
            rest = rest[len(prefix) :]
    if spec.is_last_part:
        rest = rest.split("/")[-1]
    return rest if "/" in rest else spec.adds + rest
