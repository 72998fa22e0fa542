import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clawft.core.config import Config, load_config
from clawft.core.config_keys import KEYS, camel
from clawft.core.config_output import schema, show, starting_file, write_starting_file
from clawft.core.errors import ConfigError
from clawft.core.fakes import FakeRuntime
from tests.core.configuration_page import PAGE, page

OURS = "/home/user/.clawft/config.json"
STARS = "********"


def load(document: Any, environment: dict[str, str] | None = None) -> Config:
    runtime = FakeRuntime()
    text = document if isinstance(document, str) else json.dumps(document)
    runtime.files.add(OURS, text.encode())
    return load_config(runtime.files, environment or {}, runtime.home)


def shown(config: Config, *, reveal: bool = False) -> Any:
    return show(config, reveal=reveal)


class TestShow:
    document = {  # noqa: RUF012 - never changed
        "providers": {
            "groq": {
                "api_key": "sk-1",
                "api_base": "http://h/",
                "extra_headers": {"X-Key": "k", "X-None": ""},
            },
            "openai": {"api_key": ""},
        }
    }

    def test_secrets_are_eight_asterisks_and_empty_ones_stay_empty(self) -> None:
        providers = shown(load(self.document))["providers"]
        assert providers == {
            "groq": {
                "api_key": STARS,
                "api_key_file": None,
                "api_key_keyring": "",
                "api_base": "http://h/",
                "extra_headers": {"X-Key": STARS, "X-None": ""},
                "format": None,
            },
            "openai": {
                "api_key": "",
                "api_key_file": None,
                "api_key_keyring": "",
                "api_base": None,
                "extra_headers": None,
                "format": None,
            },
        }

    def test_asterisks_do_not_tell_how_long_a_secret_is(self) -> None:
        long = load({}, {"CLAWFT__PROVIDERS__GROQ__API_KEY": "k" * 100})
        assert shown(long)["providers"]["groq"]["api_key"] == STARS

    def test_secrets_are_shown_when_asked_for(self) -> None:
        config = load(self.document)
        assert show(config, reveal=True) == config.effective()
        assert shown(config, reveal=True)["providers"]["groq"]["api_key"] == "sk-1"

    def test_showing_changes_nothing(self) -> None:
        config = load(self.document)
        show(config)
        assert config.provider("groq").api_key == "sk-1"
        assert config.provider("groq").extra_headers == {"X-Key": "k", "X-None": ""}

    def test_every_key_is_shown(self) -> None:
        told = json.dumps(show(load({"providers": {"groq": {}}})))
        for key in KEYS:
            assert '"' + key.path.rpartition(".")[2] + '"' in told


class TestStartingFile:
    def test_it_changes_nothing(self) -> None:
        config = load(starting_file())
        assert config.warnings == []
        assert config.effective() == load("{}").effective()
        assert not any(config.is_set(key.path) for key in KEYS)

    def test_its_lines_are_the_defaults(self) -> None:
        text = re.sub(r'(?m)^( *)// ( *["}])', r"\1\2", starting_file())
        config = load(text)
        assert config.warnings == []
        assert config.provider_names() == ["openai"]
        for key in KEYS:
            path = key.path.replace("*", "openai")
            assert config.origin(path) == "file"
            assert config._value(path) == (
                list(key.default) if isinstance(key.default, tuple) else key.default
            )

    def test_every_key_stands_above_its_default_with_its_effect(self) -> None:
        text = starting_file()
        for key in KEYS:
            name = key.path.rpartition(".")[2]
            assert re.search(re.escape(key.effect) + r'[^\n]*\n *// *"' + name + '": ', text)

    def test_it_is_written_with_its_folders(self) -> None:
        files = FakeRuntime().files
        write_starting_file(files, "/home/user/.clawft/config.json")
        assert files.contents["/home/user/.clawft/config.json"].decode() == starting_file()

    def test_it_never_goes_over_a_file(self) -> None:
        files = FakeRuntime().files
        files.add(OURS, b"mine")
        with pytest.raises(ConfigError) as caught:
            write_starting_file(files, OURS)
        assert caught.value.path == OURS
        assert files.contents[OURS] == b"mine"


VALIDATOR = jsonschema.Draft202012Validator(schema())

ODD = [
    *(None, True, False, 0, 1, -1, 0.5, 2, 5.0, 1023, 1024, 8192.0, 1_000_001, 10**30),
    *(
        "",
        "a",
        "/a",
        "~/a",
        "a/../b",
        "/a/..",
        "1",
        "openai",
        "http://h",
        "https://h/v1",
        "http://u@h/",
    ),
    *("http://h/?k", " a", "a ", "a b", "é", "a\nb", "null"),
    *([], ["a"], [""], [1], {}, {"a": "b"}, {"a b": "c"}, {"a": 1}, {"a": "b "}, {"": ""}),
]
NAMES = sorted(
    {name for key in KEYS for name in key.path.split(".")}
    | {
        "maxTokens",
        "apiKey",
        "apiBase",
        "extraHeaders",
        "openaiCodex",
        "groq",
        "mine",
        "nonsense",
        "a/b",
        "$schema",
    }
    | {"gateway", "channels", "telegram", "mcpServers", "web"}
)
SECTIONS = [
    "agents",
    "defaults",
    "providers",
    "groq",
    "mine",
    "openaiCodex",
    "tools",
    "requests",
    "budget",
    "channels",
]
DOCUMENTS = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(SECTIONS), inner, max_size=3),
    max_leaves=4,
)


def is_taken(document: object) -> bool:
    """Whether the loader has nothing against a file, apart from what only it can know."""
    try:
        warnings = load(document).warnings
    except ConfigError:
        return False
    return all(warning.endswith(": not in this version; ignored") for warning in warnings)


def is_said_twice(document: object) -> bool:
    """Whether an object has one key in both spellings: only the loader knows which one counts."""
    if not isinstance(document, dict):
        return False
    return any(camel(name) != name and camel(name) in document for name in document) or any(
        is_said_twice(inner) for inner in document.values()
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(json.dumps(schema())) == schema()


@pytest.mark.parametrize("path", [key.path for key in KEYS])
def test_schema_and_loader_agree_on_each_value_of_a_key(path: str) -> None:
    for value in ODD:
        document: Any = value
        for name in reversed(path.replace("*", "groq").split(".")):
            document = {name: document}
        assert VALIDATOR.is_valid(document) == is_taken(document), value


@settings(max_examples=300)
@given(DOCUMENTS)
def test_schema_and_loader_agree_on_what_stands_where(document: object) -> None:
    assume(not is_said_twice(document))
    assert VALIDATOR.is_valid(document) == is_taken(document)


def test_the_schema_knows_both_spellings_and_where_a_base_is_needed() -> None:
    base = {"apiBase": "http://h/"}
    assert VALIDATOR.is_valid({"agents": {"defaults": {"maxTokens": 5}}, "providers": {"mine": base}})
    assert not VALIDATOR.is_valid({"providers": {"mine": {"api_key": "k"}}})
    assert VALIDATOR.is_valid({"providers": {"groq": {"api_key": "k"}}})
    for nothing in (None, ""):
        assert not VALIDATOR.is_valid({"providers": {"mine": {"api_base": nothing}}})
        assert VALIDATOR.is_valid({"providers": {"groq": {"api_base": nothing}}})


def test_the_schema_tells_effects_and_defaults() -> None:
    properties: Any = schema()["properties"]
    defaults = properties["agents"]["properties"]["defaults"]["properties"]
    assert defaults["max_tokens"]["default"] == 8192
    assert defaults["maxTokens"] == defaults["max_tokens"]
    assert defaults["model"]["description"].startswith("The model that answers")


def test_the_page_of_the_reference_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.core.configuration_page"
    for key in KEYS:
        assert f"| `{key.path}` |" in page()
