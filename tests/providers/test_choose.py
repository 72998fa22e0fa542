"""Which models answer, from configuration, environment and wish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clawft.core.config import load_config
from clawft.core.errors import ConfigError, KeyringError
from clawft.core.fakes import FakeRuntime
from clawft.providers.anthropic import AnthropicMessages
from clawft.providers.choose import ModelChoice, choose_models, configured_secrets
from clawft.providers.openai_chat import OpenAiChat
from clawft.providers.registry import SPECS

if TYPE_CHECKING:
    from clawft.core.interfaces import Files


def keyring_of_one(service: str, user: str) -> str | None:
    if service == "locked":
        raise KeyringError("it is locked")
    return "sk-kept" if (service, user) == ("weft/openai", "me") else None


KEYRING = keyring_of_one


def choose(
    config: dict[str, Any] | None = None, model: str | None = None, **environment: str
) -> list[ModelChoice]:
    runtime = FakeRuntime(environment)
    runtime.files.write_atomic("/home/user/key", b"sk-from-file\n")
    runtime.files.write_atomic("/home/user/config.json", json.dumps(config or {}).encode())
    loaded = load_config(runtime.files, {}, runtime.home, "/home/user/config.json")
    assert loaded.warnings == []
    return choose_models(loaded, environment, runtime.files, model, keyring=KEYRING)


def defaults(**values: Any) -> dict[str, Any]:
    return {"agents": {"defaults": values}}


def chosen_with(files: Files) -> ModelChoice:
    """The choice of one model whose key is in ~/key."""
    files.write_atomic("/home/user/config.json", b'{"providers": {"openai": {"api_key_file": "~/key"}}}')
    loaded = load_config(files, {}, "/home/user", "/home/user/config.json")
    return choose_models(loaded, {}, files, "openai/gpt-4o", keyring=KEYRING)[0]


def refused(
    config: dict[str, Any] | None = None, model: str | None = None, **environment: str
) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        choose(config, model, **environment)
    assert caught.value.exit_code == 2
    return caught.value


def test_nothing_configured_chooses_nothing() -> None:
    assert choose() == []
    assert choose(OLLAMA_API_KEY="x", HOSTED_VLLM_API_KEY="y", UNRELATED_API_KEY="z") == []


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.default_model], ids=lambda spec: spec.name)
def test_a_key_alone_chooses_its_providers_default_model(spec: Any) -> None:
    for variable in spec.key_variables:
        (choice,) = choose(None, None, **{variable: "secret-key"})
        assert (choice.provider, choice.model, choice.base_url, choice.api_key) == (
            spec.name,
            spec.default_model,
            spec.base_url,
            "secret-key",
        )
        assert choice.format == spec.format


def test_anthropic_comes_first_where_there_are_many_keys() -> None:
    (choice,) = choose(OPENAI_API_KEY="a", ANTHROPIC_API_KEY="b", GROQ_API_KEY="c")
    assert choice.name == "anthropic/claude-sonnet-5"
    assert choice.api_key == "b"
    assert choice.context_window_tokens == 1_000_000
    assert isinstance(choice.wire, AnthropicMessages)


def test_the_argument_beats_the_configuration_and_that_beats_the_environment() -> None:
    config = {**defaults(model="openai/gpt-4o"), "providers": {"groq": {"api_key": "g"}}}
    assert choose(config, OPENAI_API_KEY="a", ANTHROPIC_API_KEY="b")[0].name == "openai/gpt-4o"
    assert choose(config, "groq/llama3", OPENAI_API_KEY="a")[0].name == "groq/llama3"


def test_a_configured_key_beats_a_key_file_and_that_beats_the_environment() -> None:
    section: dict[str, Any] = {"api_key": "sk-written", "api_key_file": "~/key"}
    model = "openai/gpt-4o"
    assert choose({"providers": {"openai": section}}, model, OPENAI_API_KEY="e")[0].api_key == "sk-written"
    del section["api_key"]
    assert choose({"providers": {"openai": section}}, model, OPENAI_API_KEY="e")[0].api_key == "sk-from-file"
    assert choose({}, model, OPENAI_API_KEY=" e\n")[0].api_key == "e"


def test_a_key_may_be_kept_in_the_keyring() -> None:
    section = {"api_key_keyring": "weft/openai/me"}
    assert choose({"providers": {"openai": section}}, OPENAI_API_KEY="e")[0].api_key == "sk-kept"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("weft/openai/you", "found none for you of weft/openai; run: keyring set weft/openai you"),
        ("locked/me", "expected a keyring to read, found none; it is locked"),
        ("nothing", "expected SERVICE/USER, found 'nothing'"),
        ("nothing/", "expected SERVICE/USER, found 'nothing/'"),
    ],
)
def test_a_keyring_without_the_key_is_named(entry: str, told: str) -> None:
    error = refused({"providers": {"openai": {"api_key_keyring": entry}}}, "openai/gpt-4o")
    assert error.path == "providers.openai.api_key_keyring"
    assert told in str(error)


def test_what_the_keyring_keeps_is_a_secret() -> None:
    runtime = FakeRuntime({})
    text = b'{"providers": {"openai": {"api_key_keyring": "weft/openai/me"}, "groq": {"api_key_keyring": "locked/me"}}}'
    runtime.files.write_atomic("/home/user/config.json", text)
    loaded = load_config(runtime.files, {}, runtime.home, "/home/user/config.json")
    assert set(configured_secrets(loaded, {}, runtime.files, KEYRING)) == {"sk-kept"}


def test_a_key_file_that_is_not_there_is_named() -> None:
    error = refused({"providers": {"openai": {"api_key_file": "~/nothing"}}}, "openai/gpt-4o")
    assert error.path == "providers.openai.api_key_file"
    assert "/home/user/nothing" in str(error)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_key_file_of_ones_own_is_read(mode: int) -> None:
    files = FakeRuntime().files
    files.add("/home/user/key", b"sk-mine\n")
    files.modes["/home/user/key"] = mode
    assert chosen_with(files).api_key == "sk-mine"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o610, 0o602])
def test_a_key_file_that_others_can_read_is_refused_with_what_to_do(mode: int) -> None:
    files = FakeRuntime().files
    files.add("/home/user/key", b"sk-mine\n")
    files.modes["/home/user/key"] = mode
    with pytest.raises(ConfigError) as caught:
        chosen_with(files)
    assert caught.value.path == "providers.openai.api_key_file"
    assert f"with the mode {mode:03o}; run: chmod 600 /home/user/key" in caught.value.message
    assert "sk-mine" not in caught.value.message


def test_fallbacks_follow_in_order_and_once() -> None:
    config = defaults(
        model="openai/gpt-4o", fallback_models=["groq/a", "openai/gpt-4o", "ollama/b", "groq/a"]
    )
    names = [choice.name for choice in choose(config, OPENAI_API_KEY="x", GROQ_API_KEY="y")]
    assert names == ["openai/gpt-4o", "groq/a", "ollama/b"]


def test_a_fallback_without_a_key_is_named_by_its_place() -> None:
    config = defaults(model="openai/gpt-4o", fallback_models=["ollama/b", "groq/a"])
    error = refused(config, OPENAI_API_KEY="x")
    assert "fallback_models[1]" in str(error)
    assert "GROQ_API_KEY" in str(error)


def test_a_missing_key_names_the_variable_and_the_config_key() -> None:
    error = refused(defaults(model="deepseek/deepseek-chat"))
    assert error.path == "providers.deepseek.api_key"
    assert "DEEPSEEK_API_KEY" in str(error)
    assert "agents.defaults.model" in str(error)


def test_an_unknown_prefix_lists_near_providers() -> None:
    error = refused(defaults(model="opneai/gpt-4o"), OPENAI_API_KEY="x")
    assert "did you mean openai" in str(error)
    assert error.path == "agents.defaults.model"
    error = refused(None, "meta-llama/llama-3", OPENROUTER_API_KEY="x")
    assert error.path == "--model"
    assert "openrouter/meta-llama/llama-3" in str(error)


def test_a_bare_model_finds_its_provider_and_an_unknown_one_lists_near_ones() -> None:
    assert choose(None, "claude-opus-4-5", ANTHROPIC_API_KEY="x")[0].name == "anthropic/claude-opus-4-5"
    assert choose(None, "gpt-4o", OPENAI_API_KEY="x")[0].name == "openai/gpt-4o"
    assert choose(None, "groq", GROQ_API_KEY="x")[0].name == "groq/openai/gpt-oss-120b"
    assert "anthropic/claude-opus-4-5" in str(refused(None, "cluade-opus-4-5"))
    assert "openai/gpt-5.4" in str(refused(None, "zzzzzz"))


def test_names_are_sent_as_the_provider_knows_them() -> None:
    def sent(model: str, **environment: str) -> str:
        return choose(None, model, **environment)[0].model

    assert sent("openrouter/meta-llama/llama-3", OPENROUTER_API_KEY="x") == "meta-llama/llama-3"
    assert sent("openrouter/auto", OPENROUTER_API_KEY="x") == "openrouter/auto"
    assert sent("zai/glm-4.7", ZAI_API_KEY="x") == "glm-4.7"
    assert sent("zhipu/zai/glm-4.7", ZAI_API_KEY="x") == "glm-4.7"
    assert sent("aihubmix/anthropic/claude-x", AIHUBMIX_API_KEY="x") == "claude-x"
    assert sent("ollama/qwen3:8b") == "qwen3:8b"


def test_local_servers_need_no_key_and_are_sent_one_that_is_set() -> None:
    (choice,) = choose(None, "ollama/llama3")
    assert (choice.base_url, choice.api_key) == ("http://127.0.0.1:11434/v1", "")
    assert choose(None, "vllm/x", HOSTED_VLLM_API_KEY="k")[0].api_key == "k"


def test_an_openai_key_is_sent_to_nobody_else() -> None:
    assert "AIHUBMIX_API_KEY" in str(refused(None, "aihubmix/gpt-4o", OPENAI_API_KEY="x"))
    config = {"providers": {"custom": {"api_base": "http://10.0.0.1/v1"}}}
    assert choose(config, "custom/x", OPENAI_API_KEY="x")[0].api_key == ""


def test_a_key_of_another_provider_is_refused_without_being_shown() -> None:
    error = refused(None, "openai/gpt-4o", OPENAI_API_KEY="sk-or-v1-hidden")
    assert "OpenRouter" in str(error)
    assert "hidden" not in str(error)
    base = {"providers": {"openai": {"api_base": "https://openrouter.ai/api/v1"}}}
    assert choose(base, "openai/gpt-4o", OPENAI_API_KEY="sk-or-v1-hidden")[0].api_key == "sk-or-v1-hidden"


@pytest.mark.parametrize("key", ["sk-a\nb", "sk a", "sk-\u20ac", "a\r\nX-Evil: 1"])
def test_a_key_that_would_break_a_header_is_refused_without_being_shown(key: str) -> None:
    error = refused(None, "openai/gpt-4o", OPENAI_API_KEY=key)
    assert error.path == "OPENAI_API_KEY"
    assert key not in str(error)


def test_an_endpoint_of_ones_own_by_either_protocol() -> None:
    config = {
        "providers": {
            "myServer": {"api_base": "http://127.0.0.1:9999/v1", "extra_headers": {"X-Org-Id": "7"}},
            "other": {"api_base": "http://127.0.0.1:9998/v1", "api_key": "k", "format": "anthropic"},
        }
    }
    (choice,) = choose(config, "myServer/some/model")
    assert (choice.name, choice.model, choice.format) == ("myServer/some/model", "some/model", "openai")
    assert choice.headers == [("X-Org-Id", "7")]
    assert isinstance(choice.wire, OpenAiChat)
    assert isinstance(choose(config, "other/m")[0].wire, AnthropicMessages)
    assert "myServer/MODEL" in str(refused(config)) or "other/MODEL" in str(refused(config))


def test_an_address_that_is_missing_is_asked_for() -> None:
    assert refused(None, "custom/x").path == "providers.custom.api_base"


def test_openai_codex_says_why_not() -> None:
    assert "openai/MODEL" in str(refused(None, "openai_codex/gpt-5"))
    assert "not supported" in str(refused(None, "openai-codex/gpt-5"))


@pytest.mark.parametrize("model", ["openai/", "/gpt", "scripted/", "/"])
def test_half_a_name_is_refused(model: str) -> None:
    refused(None, model, OPENAI_API_KEY="x")


def test_offline_and_scripted_models_are_chosen_by_name() -> None:
    for model, provider, rest in (
        ("offline/offline", "offline", "offline"),
        ("offline", "offline", "offline"),
        ("scripted//tmp/a.jsonl", "scripted", "/tmp/a.jsonl"),
    ):
        (choice,) = choose(defaults(fallback_models=["ollama/x"]), model, OPENAI_API_KEY="x")
        assert (choice.provider, choice.model, choice.wire) == (provider, rest, None)


def test_every_default_model_of_a_priced_provider_has_a_price() -> None:
    from clawft.providers.price_data import TABLES
    from clawft.providers.prices import price

    for spec in SPECS:
        if spec.name in TABLES and spec.default_model and not spec.has_cost:
            assert price(spec.name, spec.default_model) is not None, spec.name
