"""The table of providers, prices by any of a model's names, and the small things providers share."""

from __future__ import annotations

from clawft.core.messages import Usage
from clawft.providers.arguments import arguments_object, arguments_text
from clawft.providers.prices import context_window_tokens, cost_usd, price
from clawft.providers.registry import SPECS, provider_by_key, provider_by_model, provider_by_name


def test_names_aliases_and_keywords_are_never_ambiguous() -> None:
    seen: list[str] = []
    for spec in SPECS:
        for name in (spec.name,) + spec.aliases:
            assert name not in seen, name
            seen.append(name)
        assert spec.base_url.startswith("https://") or spec.is_local, spec.name
        assert not spec.base_url.endswith("/")
        assert spec.key_variables or spec.oauth


def test_a_provider_is_found_by_its_names() -> None:
    for name, expected in (
        ("openai", "openai"),
        ("OpenAI", "openai"),
        ("zai", "zhipu"),
        ("hosted_vllm", "vllm"),
        ("openai-codex", "openai_codex"),
        ("llama.cpp", "llamacpp"),
        ("google", "gemini"),
    ):
        assert provider_by_name(name).name == expected
    assert provider_by_name("opneai") is None


def test_a_provider_is_found_by_a_bare_model_name() -> None:
    for model, expected in (
        ("claude-opus-4-5", "anthropic"),
        ("GPT-5", "openai"),
        ("o3-mini", "openai"),
        ("gpt-5-codex", "openai"),
        ("deepseek-chat", "deepseek"),
        ("gemini-3.5-flash", "gemini"),
        ("glm-4.7", "zhipu"),
        ("qwen-plus", "dashscope"),
        ("kimi-k2", "moonshot"),
        ("MiniMax-M2", "minimax"),
        ("mistral-large-latest", "mistral"),
    ):
        assert provider_by_model(model).name == expected, model
    assert provider_by_model("llama3") is None
    assert provider_by_model("foo3") is None


def test_a_provider_is_found_by_its_keys() -> None:
    assert provider_by_key("sk-ant-x").name == "anthropic"
    assert provider_by_key("sk-or-v1-x").name == "openrouter"
    assert provider_by_key("gsk_x").name == "groq"
    assert provider_by_key("sk-x") is None


def test_costs_count_the_cache_apart_and_the_unknown_as_unknown() -> None:
    usage = Usage(1_000_000, 1_000_000, cache_read_tokens=400_000, cache_write_tokens=100_000)
    found = cost_usd("anthropic", "claude-opus-4-5-20251101", usage)
    assert abs(found - (0.5 * 5 + 25 + 0.4 * 0.5 + 0.1 * 6.25)) < 1e-9
    assert cost_usd("anthropic", "claude-from-nowhere", usage) is None
    assert cost_usd("ollama", "llama3", usage) is None
    assert cost_usd("anthropic", "claude-opus-4-5", Usage()) is None


def test_a_tier_holds_for_every_token_once_the_input_is_over_it() -> None:
    below = cost_usd("anthropic", "claude-sonnet-4-5", Usage(200_000, 0))
    above = cost_usd("anthropic", "claude-sonnet-4-5", Usage(200_001, 0))
    assert abs(below - 0.6) < 1e-9
    assert abs(above - 200_001 * 6 / 1e6) < 1e-9


def test_prices_are_found_by_any_name() -> None:
    assert price("anthropic", "Claude-Opus-5-20260101").model == "claude-opus-5"
    assert price("anthropic", "claude-opus-5-2026010x") is None
    assert context_window_tokens("anthropic", "claude-opus-4-5") == 200_000


def test_arguments_are_objects_or_say_what_they_were() -> None:
    assert arguments_object('{"a": 1}') == {"a": 1}
    assert arguments_object("") == {}
    assert arguments_object("[1]") == {"invalid_arguments": "[1]"}
    assert arguments_object('{"a": ') == {"invalid_arguments": '{"a": '}
    assert arguments_text(None) == "{}"
    assert arguments_text({"a": 1}) == '{"a":1}'
    assert arguments_text(" ") == "{}"
