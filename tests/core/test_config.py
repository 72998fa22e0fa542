import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawft.core.config import Config, load_config
from clawft.core.config_load import Loader
from clawft.core.errors import ConfigError, StorageError
from clawft.core.fakes import FakeRuntime

HOME = "/home/user"
OURS = HOME + "/.clawft/config.json"
LEGACY = HOME + "/.nanobot/config.json"

# The full configuration of the earlier implementation, in the spelling it writes.
UPSTREAM: dict[str, Any] = {
    "agents": {
        "defaults": {
            "workspace": "~/.nanobot/workspace",
            "model": "anthropic/claude-opus-4-5",
            "maxTokens": 4096,
            "temperature": 0.5,
            "maxToolIterations": 15,
            "memoryWindow": 40,
        }
    },
    "channels": {
        "telegram": {"enabled": True, "token": "t", "allowFrom": ["1"], "proxy": None},
        "slack": {
            "enabled": False,
            "botToken": "",
            "appToken": "",
            "dm": {"enabled": True, "policy": "open"},
        },
        "mochat": {"enabled": False, "groups": {"G_1": {"requireMention": True}}},
    },
    "providers": {
        "anthropic": {"apiKey": "sk-ant", "apiBase": None, "extraHeaders": None},
        "openrouter": {
            "apiKey": "sk-or",
            "apiBase": "https://openrouter.ai/api/v1",
            "extraHeaders": {"X-Org-Id": "1"},
        },
        "openaiCodex": {"apiKey": ""},
        "groq": {"apiKey": ""},
    },
    "gateway": {"host": "0.0.0.0", "port": 18790, "heartbeatIntervalMinutes": 0},
    "tools": {
        "web": {"search": {"apiKey": "", "maxResults": 5}},
        "exec": {"timeout": 60},
        "restrictToWorkspace": False,
        "mcpServers": {"my-Server": {"command": "npx", "env": {"GITHUB_TOKEN": "x", "API_KEY": "y"}}},
        "commandPolicy": {"mode": "allowlist", "allowlist": ["ls"]},
    },
}


def load(document: Any = None, environment: dict[str, str] | None = None, overrides: Any = ()) -> Config:
    runtime = FakeRuntime()
    if document is not None:
        text = document if isinstance(document, (str, bytes)) else json.dumps(document)
        runtime.files.add(OURS, text if isinstance(text, bytes) else text.encode())
    return load_config(runtime.files, environment or {}, runtime.home, None, overrides)


def refused(
    document: object = None, environment: dict[str, str] | None = None, overrides: Any = ()
) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(document, environment, overrides)
    return caught.value


class TestDiscovery:
    def test_nothing_found_means_defaults_and_no_warning(self) -> None:
        config = load()
        assert (config.source, config.warnings) == ("", [])
        assert config.workspace == HOME + "/.clawft/workspace"
        assert config.state_folder == HOME + "/.clawft/state"

    def test_our_file_goes_before_the_legacy_one(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add(OURS, b"{}")
        runtime.files.add(LEGACY, b"never read")
        config = load_config(runtime.files, {}, HOME)
        assert (config.source, config.warnings) == (OURS, [])

    def test_the_legacy_file_is_read_with_a_warning(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add(LEGACY, b'{"agents": {"defaults": {"maxTokens": 5}}}')
        config = load_config(runtime.files, {}, HOME)
        assert config.integer("agents.defaults.max_tokens") == 5
        assert config.source == LEGACY
        assert config.warnings == [f"{LEGACY}: read because there is no {OURS}; move it there to keep it"]

    def test_a_named_file_goes_before_every_other(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add(OURS, b"never read")
        runtime.files.add("/etc/weft.json", b'{"agents": {"defaults": {"max_tokens": 5}}}')
        for environment, explicit in (({"CLAWFT_CONFIG": "/etc/weft.json"}, None), ({}, "/etc/weft.json")):
            config = load_config(runtime.files, environment, HOME, explicit)
            assert config.integer("agents.defaults.max_tokens") == 5
            assert config.source == "/etc/weft.json"

    def test_the_command_line_names_the_file_before_the_environment_does(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add(HOME + "/a.json", b"{}")
        assert (
            load_config(runtime.files, {"CLAWFT_CONFIG": "/b.json"}, HOME, "~/a.json").source
            == HOME + "/a.json"
        )

    def test_a_missing_file_on_the_command_line_is_an_error(self) -> None:
        with pytest.raises(ConfigError) as caught:
            load_config(FakeRuntime().files, {}, HOME, "/no/such.json")
        assert str(caught.value) == (
            "/no/such.json: expected a config file, found none; `weft config init /no/such.json` writes one"
        )

    def test_a_missing_file_in_the_environment_means_defaults_and_a_warning(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add(OURS, b"never read")
        config = load_config(runtime.files, {"CLAWFT_CONFIG": "~/no.json"}, HOME)
        assert config.source == ""
        assert config.warnings == [f"CLAWFT_CONFIG: {HOME}/no.json does not exist; every key has its default"]

    def test_an_empty_variable_names_no_file(self) -> None:
        assert load({}, {"CLAWFT_CONFIG": ""}).source == OURS

    def test_a_file_that_cannot_be_read_is_not_taken_for_a_missing_one(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add(LEGACY, b"{}")
        runtime.files.fail_next("read", StorageError("not permitted"))
        with pytest.raises(StorageError):
            load_config(runtime.files, {}, HOME)

    def test_a_home_with_a_slash_at_its_end_is_the_same_home(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add(OURS, b"{}")
        config = load_config(runtime.files, {}, HOME + "/")
        assert (config.source, config.state_folder) == (OURS, HOME + "/.clawft/state")


class TestFile:
    def test_comments_and_trailing_commas_are_fine(self) -> None:
        config = load('// ours\n{"agents": {"defaults": {"max_tokens": /* few */ 5,},},}\n')
        assert config.integer("agents.defaults.max_tokens") == 5
        assert config.warnings == []

    def test_an_error_names_file_line_and_column(self) -> None:
        error = refused('{\n  "agents": {\n}')
        assert str(error) == (
            f'{OURS} line 3 column 2: expected "," or the "}}" for the "{{" of line 1, found the end of the file'
        )

    def test_a_value_is_named_with_its_line(self) -> None:
        error = refused('// head\n{"agents": {"defaults": {\n"model": "a",\n"maxTokens": "many"}}}')
        assert str(error) == (
            'agents.defaults.max_tokens: expected an integer from 1 to 1000000, found "many"; '
            f"see {OURS} line 4"
        )

    @pytest.mark.parametrize("text", ["", " \n", "// nothing yet\n", "\ufeff"])
    def test_an_empty_file_is_an_error_that_shows_an_empty_config(self, text: str) -> None:
        error = refused(text)
        assert error.found == "the end of the file"
        assert error.hint == "an empty config is {}"

    @pytest.mark.parametrize(
        ("text", "found"), [("[]", "a list"), ("null", "null"), ('"sk-secret"', "a text")]
    )
    def test_a_file_without_an_object_is_an_error(self, text: str, found: str) -> None:
        assert str(refused(text)) == f"{OURS}: expected an object in {{ }}, found {found}"

    def test_wrong_encoding_is_an_error_with_its_line(self) -> None:
        assert str(refused(b'{\n"a": "\xe9"}')) == (
            f"{OURS} line 2 column 1: expected UTF-8 text, found bytes that are not UTF-8"
        )

    def test_a_byte_order_mark_is_fine(self) -> None:
        assert load(b"\xef\xbb\xbf{}").warnings == []

    def test_a_file_over_a_mebibyte_is_an_error(self) -> None:
        assert load(b"{}" + b" " * (1_048_576 - 2)).warnings == []
        assert str(refused(b"{}" + b" " * (1_048_576 - 1))) == (
            f"{OURS}: expected at most 1048576 bytes, found 1048577 bytes"
        )

    def test_a_repeated_key_is_a_warning_and_the_last_one_counts(self) -> None:
        config = load('{"budget": {"day_usd": 1},\n"budget": {"session_usd": 2}}')
        assert config.optional_number("budget.day_usd") is None
        assert config.warnings == [
            f'{OURS} line 2: "budget" a second time in one object; the last one counts'
        ]

    def test_an_editor_may_be_told_its_schema(self) -> None:
        assert load({"$schema": "./schema.json"}).warnings == []
        assert len(load({"agents": {"$schema": "x"}}).warnings) == 1

    @pytest.mark.parametrize(
        "path", ["agents", "agents.defaults", "providers", "providers.groq", "tools", "channels"]
    )
    @pytest.mark.parametrize(
        ("value", "found"), [(None, "null"), ([], "a list"), ("sk-1", "a text"), (7, "a number")]
    )
    def test_a_section_must_be_an_object(self, path: str, value: object, found: str) -> None:
        document = value
        for name in reversed(path.split(".")):
            document = {name: document}
        assert str(refused(document)) == f"{path}: expected an object, found {found}; see {OURS} line 1"


class TestNames:
    def test_the_earlier_implementations_file_is_read_whole(self) -> None:
        config = load(UPSTREAM)
        assert config.text("agents.defaults.model") == "anthropic/claude-opus-4-5"
        assert config.integer("agents.defaults.max_tokens") == 4096
        assert config.integer("agents.defaults.max_tool_iterations") == 15
        assert config.integer("agents.defaults.memory_window") == 40
        assert config.workspace == HOME + "/.nanobot/workspace"
        assert config.flag("tools.restrict_to_workspace") is False
        assert config.integer("tools.web.search.max_results") == 5
        assert config.texts("tools.command_policy.allowlist") == ["ls"]
        assert config.provider_names() == ["anthropic", "openrouter", "openai_codex", "groq"]
        assert config.provider("anthropic").api_key == "sk-ant"
        assert config.provider("openrouter").extra_headers == {"X-Org-Id": "1"}
        assert config.warnings == [
            name + ": not in this version; ignored"
            for name in ("channels.telegram channels.slack channels.mochat gateway tools.mcp_servers").split()
        ]

    def test_user_data_is_kept_verbatim(self) -> None:
        config = load(UPSTREAM)
        assert config.later["tools.mcp_servers"] == UPSTREAM["tools"]["mcpServers"]
        assert config.later["channels.mochat"] == UPSTREAM["channels"]["mochat"]

    def test_snake_case_wins_over_camel_case_whatever_the_order(self) -> None:
        for names in (("max_tokens", "maxTokens"), ("maxTokens", "max_tokens")):
            document = {
                "agents": {"defaults": {name: 5 if name == "max_tokens" else "bad" for name in names}}
            }
            config = load(document)
            assert config.integer("agents.defaults.max_tokens") == 5
            assert config.warnings == ["agents.defaults.maxTokens: ignored, because max_tokens is there too"]

    @pytest.mark.parametrize(
        "name", ["MaxTokens", "max-tokens", "MAX_TOKENS", "max_Tokens", "maxtokens", "_max_tokens"]
    )
    def test_no_third_spelling_is_taken(self, name: str) -> None:
        config = load({"agents": {"defaults": {name: 5}}})
        assert not config.is_set("agents.defaults.max_tokens")
        assert config.warnings == [
            f"agents.defaults.{name}: unknown key, ignored; did you mean agents.defaults.max_tokens?"
        ]

    @pytest.mark.parametrize(
        ("document", "warning"),
        [
            ({"agent": {}}, "agent: unknown key, ignored; did you mean agents?"),
            ({"max_tokens": 1}, "max_tokens: unknown key, ignored; did you mean agents.defaults.max_tokens?"),
            ({"telegram": {}}, "telegram: unknown key, ignored; did you mean channels.telegram?"),
            (
                {"channels": {"telegrm": {}}},
                "channels.telegrm: unknown key, ignored; did you mean channels.telegram?",
            ),
            ({"channels": {"irc": {}}}, "channels.irc: unknown key, ignored"),
            (
                {"providers": {"groq": {"apikey": "x"}}},
                "providers.groq.apikey: unknown key, ignored; did you mean providers.groq.api_key?",
            ),
            ({"a\x1b[31m\n" + "b" * 100: 1}, "a?[31m?" + "b" * 53 + "...: unknown key, ignored"),
        ],
    )
    def test_an_unknown_key_is_a_warning_that_names_near_ones(self, document: object, warning: str) -> None:
        assert load(document).warnings == [warning]

    def test_only_twenty_warnings_are_given(self) -> None:
        warnings = load({f"key{number}": 1 for number in range(50)}).warnings
        assert len(warnings) == 21
        assert warnings[-1] == "and 30 more warnings about the configuration"


class TestProviders:
    def test_a_provider_without_a_section_has_defaults(self) -> None:
        provider = load().provider("openai")
        assert (provider.name, provider.api_key, provider.api_key_file, provider.api_base) == (
            "openai",
            "",
            "",
            "",
        )
        assert (provider.extra_headers, provider.format) == ({}, "")

    def test_a_section_without_keys_is_a_section(self) -> None:
        assert load({"providers": {"ollama": {}}}).provider_names() == ["ollama"]

    def test_a_provider_of_ones_own_needs_an_api_base(self) -> None:
        config = load({"providers": {"home": {"api_base": "http://h:1/v1", "format": "openai"}, "grok": {}}})
        assert config.provider_names() == ["home"]
        assert config.warnings == [
            "providers.grok: a provider we do not know, without an api_base; ignored; did you mean groq?"
        ]

    def test_the_api_base_of_ones_own_provider_may_come_from_a_variable(self) -> None:
        config = load({"providers": {"home": {}}}, {"CLAWFT__PROVIDERS__HOME__API_BASE": "http://h/"})
        assert config.provider("home").api_base == "http://h/"
        assert config.warnings == []

    def test_names_of_ones_own_are_kept_as_they_are(self) -> None:
        section = {"api_base": "http://h/"}
        names = ["My-Server", "my_server2", "lab.gpu.7", "openAi", "myHost"]
        assert load({"providers": dict.fromkeys(names, section)}).provider_names() == names

    @pytest.mark.parametrize("name", ["", "a/b", "a b", "é", "a" * 65, "*", "a\n"])
    def test_a_name_that_cannot_stand_before_a_model_is_refused(self, name: str) -> None:
        error = refused({"providers": {name: {"api_base": "http://h/"}}})
        assert error.expected == "a name of at most 64 letters, digits, -, _ and ."

    def test_a_variable_finds_the_section_that_it_can_spell(self) -> None:
        document = {"providers": {"My-Host.1": {"api_base": "http://h/"}}}
        config = load(document, {"CLAWFT__PROVIDERS__MY_HOST_1__API_KEY": "k"})
        assert config.provider_names() == ["My-Host.1"]
        assert config.provider("My-Host.1").api_key == "k"

    def test_a_variable_that_could_mean_two_sections_is_an_error(self) -> None:
        section = {"api_base": "http://h/"}
        error = refused(
            {"providers": {"a-b": section, "a_b": section}}, {"CLAWFT__PROVIDERS__A_B__API_KEY": "k"}
        )
        assert error.found == "a-b and a_b"

    def test_a_variable_alone_makes_a_section(self) -> None:
        config = load(
            None, {"CLAWFT__PROVIDERS__OPENAI_CODEX__API_KEY": "k", "CLAWFT__PROVIDERS__GROQ__API_KEY": ""}
        )
        assert sorted(config.provider_names()) == ["groq", "openai_codex"]
        assert config.provider("openai_codex").api_key == "k"

    def test_a_key_file_is_found_from_home(self) -> None:
        config = load({"providers": {"groq": {"api_key_file": "~/keys/groq"}}})
        assert config.provider("groq").api_key_file == HOME + "/keys/groq"

    def test_both_spellings_of_a_provider_we_know_are_one(self) -> None:
        config = load({"providers": {"openaiCodex": {"api_key": "a"}, "openai_codex": {"api_key": "b"}}})
        assert config.provider_names() == ["openai_codex"]
        assert config.provider("openai_codex").api_key == "b"
        assert config.warnings == ["providers.openaiCodex: ignored, because openai_codex is there too"]


class TestOverrides:
    @pytest.mark.parametrize(
        ("name", "warning"),
        [
            (
                "CLAWFT__AGENTS__DEFAULTS__MAX_TOKNS",
                ": unknown key, ignored; did you mean CLAWFT__AGENTS__DEFAULTS__MAX_TOKENS?",
            ),
            ("CLAWFT__AGENTS__DEFAULTS", ": unknown key, ignored"),
            ("CLAWFT__GATEWAY__PORT", ": not in this version; ignored"),
            (
                "CLAWFT__PROVIDERS__GROQ__API_KEYS",
                ": unknown key, ignored; did you mean CLAWFT__PROVIDERS__GROQ__API_KEY?",
            ),
            ("CLAWFT__PROVIDERS", ": unknown key, ignored"),
            ("CLAWFT__PROVIDERS__GROQ", ": unknown key, ignored"),
            ("CLAWFT__", ": unknown key, ignored"),
        ],
    )
    def test_an_unknown_variable_is_a_warning(self, name: str, warning: str) -> None:
        config = load(None, {name: "5"})
        assert len(config.warnings) == 1
        assert config.warnings[0].startswith(name + warning)
        assert config.provider_names() == []

    def test_other_variables_are_no_business_of_ours(self) -> None:
        assert load(None, {"CLAWFT_LOG": "x", "clawft__a": "x", "PATH": "/bin"}).warnings == []

    def test_an_unknown_path_on_the_command_line_is_an_error(self) -> None:
        error = refused(None, None, (("agents.defaults.max_tokns", "5"),))
        assert error.hint == "did you mean agents.defaults.max_tokens?"

    def test_a_section_of_a_later_version_on_the_command_line_is_a_warning(self) -> None:
        assert load(None, None, (("gateway.port", "1"),)).warnings == [
            "gateway.port: not in this version; ignored"
        ]

    def test_the_last_of_several_on_the_command_line_counts(self) -> None:
        overrides = (("budget.day_usd", "1"), ("budget.day_usd", "2"))
        assert load(None, None, overrides).optional_number("budget.day_usd") == 2

    def test_a_wrong_value_says_where_it_was_given(self) -> None:
        assert refused(None, None, (("budget.day_usd", "-1"),)).hint == "given on the command line"


class TestWorkspace:
    def test_a_workspace_from_home_is_made_absolute(self) -> None:
        assert (
            load({"agents": {"defaults": {"workspace": "~/elsewhere/a"}}}).workspace == HOME + "/elsewhere/a"
        )

    def test_a_workspace_around_the_config_file_is_a_warning(self) -> None:
        runtime = FakeRuntime()
        runtime.files.add("/srv/weft/config.json", b'{"agents": {"defaults": {"workspace": "/srv/weft"}}}')
        config = load_config(runtime.files, {}, HOME, "/srv/weft/config.json")
        assert config.warnings == [
            "agents.defaults.workspace: /srv/weft/config.json is inside it, so models can change the configuration"
        ]

    def test_a_workspace_over_our_state_is_refused_wherever_it_was_given(self) -> None:
        error = refused(None, {"CLAWFT__AGENTS__DEFAULTS__WORKSPACE": "~/.clawft"})
        assert error.hint == "set by CLAWFT__AGENTS__DEFAULTS__WORKSPACE"
        assert error.found == '"~/.clawft"'

    @pytest.mark.parametrize(
        ("home", "workspace", "is_fine"),
        [
            ("C:\\Users\\u", "D:\\work", True),
            ("C:\\Users\\u", "~\\work", True),
            ("C:\\Users\\u", "c:\\users\\U\\.clawft", False),
            ("C:\\Users\\u", "~\\.clawft/state", False),
            ("C:\\Users\\u", "C:/", False),
            (HOME, "/work", True),
            (HOME, "D:\\work", False),
        ],
    )
    def test_drives_are_known_where_there_are_drives(self, home: str, workspace: str, is_fine: bool) -> None:
        loader = Loader(home)
        loader.read_overrides([("agents.defaults.workspace", workspace)])
        if is_fine:
            loader.finish()
        else:
            with pytest.raises(ConfigError):
                loader.finish()


class TestGetters:
    def test_an_unknown_path_or_a_wrong_getter_is_our_mistake(self) -> None:
        config = load()
        with pytest.raises(KeyError):
            config.text("agents.defaults.nothing")
        with pytest.raises(KeyError):
            config.text("providers.groq.nothing")
        for getter, path in (
            (config.text, "agents.defaults.stream"),
            (config.integer, "agents.defaults.stream"),
            (config.integer, "agents.defaults.temperature"),
            (config.number, "budget.day_usd"),
            (config.optional_number, "agents.defaults.stream"),
            (config.optional_number, "agents.defaults.workspace"),
            (config.flag, "agents.defaults.max_tokens"),
            (config.texts, "agents.defaults.workspace"),
        ):
            with pytest.raises(TypeError):
                getter(path)

    def test_a_null_text_is_empty(self) -> None:
        assert load().text("agents.defaults.model") == ""

    def test_what_is_handed_out_is_a_copy(self) -> None:
        config = load({"providers": {"groq": {"extra_headers": {"a": "b"}}}})
        config.texts("agents.defaults.fallback_models").append("x")
        config.provider("groq").extra_headers["c"] = "d"
        config.provider_names().append("x")
        effective: Any = config.effective()
        effective["agents"]["defaults"]["fallback_models"].append("x")
        effective["providers"]["groq"]["extra_headers"]["e"] = "f"
        assert config.texts("agents.defaults.fallback_models") == []
        assert config.provider("groq").extra_headers == {"a": "b"}
        assert load().texts("agents.defaults.fallback_models") == []
        assert config.provider_names() == ["groq"]


NAMES = st.sampled_from(["groq", "openai", "my-host", "Lab.7"])
HEADERS = st.none() | st.dictionaries(
    st.from_regex(r"[A-Za-z_-]{1,6}", fullmatch=True),
    st.from_regex(r"[!-~]{0,6}", fullmatch=True),
    max_size=3,
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "agents": st.fixed_dictionaries(
            {
                "defaults": st.fixed_dictionaries(
                    {
                        "model": st.none() | st.from_regex(r"[ -~é]{1,9}", fullmatch=True),
                        "fallback_models": st.lists(
                            st.from_regex(r"[a-z/é]{1,9}", fullmatch=True), max_size=3
                        ),
                        "max_tokens": st.integers(1, 1_000_000),
                        "temperature": st.floats(0, 2),
                        "stream": st.booleans(),
                    }
                )
            }
        ),
        "providers": st.dictionaries(
            NAMES,
            st.fixed_dictionaries(
                {
                    "api_key": st.from_regex(r"[!-~]{0,9}", fullmatch=True),
                    "api_base": st.just("http://h/"),
                    "extra_headers": HEADERS,
                    "format": st.sampled_from([None, "openai", "anthropic"]),
                }
            ),
        ),
        "budget": st.fixed_dictionaries({"day_usd": st.none() | st.floats(0, 1_000_000)}),
    }
)


@given(DOCUMENTS)
def test_what_is_in_force_loads_as_itself(document: Any) -> None:
    first = load(document)
    second = load(first.effective())
    assert second.effective() == first.effective()
    assert first.warnings == second.warnings == []
    for section in ("agents", "providers", "budget"):
        assert_within(document[section], first.effective()[section])


def assert_within(part: object, whole: object) -> None:
    if isinstance(part, dict) and part:
        assert isinstance(whole, dict)
        for name, value in part.items():
            assert_within(value, whole[name])
    else:
        assert part == whole


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_file_loads_or_is_refused(data: bytes) -> None:
    try:
        told = load(data).source
    except ConfigError as error:
        told = str(error)
    assert OURS in told
