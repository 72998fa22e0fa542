from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.config import load_config
from clawft.core.config_output import REDACTED, show, starting_file, write_starting_file
from clawft.core.errors import ConfigError
from clawft.core.jsonc import JsoncError, parse
from clawft.core.near import near

if TYPE_CHECKING:
    from clawft.core.config import Config
    from clawft.core.interfaces import Runtime


def _load(runtime: Runtime, text: str) -> Config:
    path = runtime.home + "/own.json"
    runtime.files.write_atomic(path, text.encode())
    return load_config(runtime.files, runtime.environment, runtime.home, path)


def _refused(runtime: Runtime, text: str) -> ConfigError:
    try:
        _load(runtime, text)
    except ConfigError as error:
        return error
    assert False, text


def test_comments_commas_and_escapes_are_read_alike() -> None:
    data = b'\xef\xbb\xbf{"a": [1, -2, 0.5, 25e-1,], /* { */ "b": "\\u00e9\\ud83d\\ude00\\n//", // "c": 1,\n"d": null,}'
    value = parse(data).value
    assert value == {"a": [1, -2, 0.5, 2.5], "b": "\xe9\U0001f600\n//", "d": None}


def test_a_mistake_has_the_same_place_everywhere() -> None:
    for text, line, column in (
        ("", 1, 1),
        ('{"a": 1\n  "b": 2}', 2, 3),
        ('{"\xe9\U0001f600": x}', 1, 8),
        ("[" * 33, 1, 33),
        ('["\\x"]', 1, 4),
        ('["a\nb"]', 1, 4),
        ("[1.e]", 1, 4),
    ):
        try:
            parse(text.encode())
            assert False, text
        except JsoncError as error:
            assert (error.line, error.column) == (line, column), text


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    try:
        parse(b'{\n"a": "\xff\xfe"}')
        assert False
    except JsoncError as error:
        assert error.line == 2
        assert error.expected == "UTF-8 text"


def test_a_repeated_key_is_told_with_its_line() -> None:
    assert parse(b'{"a": 1,\n"a": 2}').repeated == [("a", 2)]


def test_defaults_stand_without_a_file(runtime: Runtime) -> None:
    config = load_config(runtime.files, {}, runtime.home)
    assert config.source == ""
    assert config.warnings == []
    assert config.integer("agents.defaults.max_tokens") == 8192
    assert config.flag("agents.defaults.stream") is True
    assert config.optional_number("budget.day_usd") is None
    assert config.texts("agents.defaults.fallback_models") == []
    assert config.workspace == runtime.home + "/.clawft/workspace"


def test_both_spellings_are_read(runtime: Runtime) -> None:
    config = _load(
        runtime, '{"agents": {"defaults": {"maxTokens": 5, "memory_window": 6, "temperature": 1}}}'
    )
    assert config.integer("agents.defaults.max_tokens") == 5
    assert config.integer("agents.defaults.memory_window") == 6
    temperature = config.number("agents.defaults.temperature")
    assert temperature == 1
    assert isinstance(temperature, float)


def test_headers_are_kept_verbatim_and_secret(runtime: Runtime) -> None:
    config = _load(
        runtime, '{"providers": {"groq": {"apiKey": "k", "extraHeaders": {"X-Org-Id": "1", "a_B": "2"}}}}'
    )
    assert config.provider("groq").extra_headers == {"X-Org-Id": "1", "a_B": "2"}
    shown = show(config)["providers"]
    assert isinstance(shown, dict)
    assert shown["groq"]["api_key"] == REDACTED
    assert shown["groq"]["extra_headers"] == {"X-Org-Id": REDACTED, "a_B": REDACTED}


def test_a_wrong_value_is_told_alike(runtime: Runtime) -> None:
    error = _refused(runtime, '{\n"agents": {"defaults": {"maxTokens": 0}}}')
    assert str(error) == (
        "agents.defaults.max_tokens: expected an integer from 1 to 1000000, found 0; see "
        + runtime.home
        + "/own.json line 2"
    )


def test_flags_are_no_numbers(runtime: Runtime) -> None:
    assert _refused(runtime, '{"agents": {"defaults": {"max_tokens": true}}}').found == "true"
    assert _refused(runtime, '{"agents": {"defaults": {"temperature": false}}}').found == "false"


def test_numbers_out_of_all_range_are_refused(runtime: Runtime) -> None:
    for figure in ("1e999", "-1e999", "100000000000000000000000000000"):
        assert _refused(runtime, '{"budget": {"day_usd": ' + figure + "}}").path == "budget.day_usd"
        assert _refused(runtime, '{"agents": {"defaults": {"max_tokens": ' + figure + "}}}").expected


def test_variables_go_before_the_file(runtime: Runtime) -> None:
    runtime.environment["CLAWFT__AGENTS__DEFAULTS__MAX_TOKENS"] = "7"
    runtime.environment["CLAWFT__AGENTS__DEFAULTS__TEMPERATURE"] = "0.5"
    runtime.environment["CLAWFT__PROVIDERS__MY_HOST__API_KEY"] = "k"
    config = _load(
        runtime,
        '{"agents": {"defaults": {"max_tokens": 5}}, "providers": {"my-host": {"api_base": "http://h/"}}}',
    )
    assert config.integer("agents.defaults.max_tokens") == 7
    assert config.number("agents.defaults.temperature") == 0.5
    assert config.provider("my-host").api_key == "k"
    assert config.origin("agents.defaults.max_tokens") == "environment"


def test_a_misspelt_key_is_a_warning(runtime: Runtime) -> None:
    config = _load(runtime, '{"agents": {"defaults": {"max_tokns": 5}}}')
    assert config.warnings == [
        "agents.defaults.max_tokns: unknown key, ignored; did you mean agents.defaults.max_tokens?"
    ]


def test_a_later_section_is_kept(runtime: Runtime) -> None:
    config = _load(runtime, '{"tools": {"mcpServers": {"my-Server": {"env": {"API_KEY": "x"}}}}}')
    assert config.warnings == ["tools.mcp_servers: not in this version; ignored"]
    assert config.later == {"tools.mcp_servers": {"my-Server": {"env": {"API_KEY": "x"}}}}


def test_the_starting_file_changes_nothing(runtime: Runtime) -> None:
    write_starting_file(runtime.files, runtime.home + "/.clawft/config.json")
    config = load_config(runtime.files, {}, runtime.home)
    assert config.warnings == []
    assert config.effective() == _load(runtime, "{}").effective()
    assert starting_file().count('"max_tokens"') == 1


def test_near_words_come_in_one_order() -> None:
    assert near("opnai", ["anthropic", "openai", "opnaj", "opnak"]) == ["openai", "opnaj", "opnak"]
    assert near("MaxTokens", ["max_tokens", "memory_window"]) == ["max_tokens"]
    assert near("telegram", ["agents", "tools"]) == []
