import json
from typing import Any

import pytest

from clawft.core.config import Config, load_config
from clawft.core.config_keys import KEYS, LATER, PROVIDERS, STRICT, camel, snake, variable
from clawft.core.errors import ConfigError
from clawft.core.fakes import FakeRuntime

ANY = "providers.groq."

# Written by hand, so that the table cannot change without this list: (path, default, other spelling of the whole path,
# a value as JSON, the same as an environment variable, wrong values, values that just fit, values that just do not).
EXPECTED: list[tuple[Any, ...]] = [
    (
        "agents.defaults.workspace",
        "~/.clawft/workspace",
        "agents.defaults.workspace",
        "/srv/work",
        "/srv/work",
        [1, None, "", "here", "a/b", "~", "~user/x", "$HOME/x", "/a/../b", "/a\nb", ["/a"]],
        ["/a", "~/a", "~/.clawft/statement"],
        [
            "~/.clawft/state",
            "~/.clawft/state/x",
            "~/.clawft",
            "~/",
            "/home",
            "/",
            "/home/user/./.CLAWFT/State/",
        ],
    ),
    (
        "agents.defaults.model",
        None,
        "agents.defaults.model",
        "groq/a",
        "groq/a",
        [1, True, [], "a\x00"],
        ["m", None],
        [],
    ),
    (
        "agents.defaults.fallback_models",
        [],
        "agents.defaults.fallbackModels",
        ["a/b", "c/d"],
        "a/b, c/d",
        ["a/b", None, {}, [1], [None], ["a\n"]],
        [[], ["a"]],
        [[""]],
    ),
    (
        "agents.defaults.max_tokens",
        8192,
        "agents.defaults.maxTokens",
        100,
        "100",
        ["100", 1.5, True, None, []],
        [1, 1_000_000, 8192.0],
        [0, -1, 1_000_001],
    ),
    (
        "agents.defaults.temperature",
        0.7,
        "agents.defaults.temperature",
        0.25,
        "0.25",
        ["0.25", False, None, {}],
        [0, 2, 2.0],
        [-0.01, 2.01],
    ),
    (
        "agents.defaults.max_tool_iterations",
        20,
        "agents.defaults.maxToolIterations",
        3,
        "3",
        ["3", 0.5, True, None],
        [1, 1000],
        [0, 1001],
    ),
    (
        "agents.defaults.memory_window",
        50,
        "agents.defaults.memoryWindow",
        7,
        "7",
        ["7", 7.5, False, None],
        [1, 100_000],
        [0, 100_001],
    ),
    (
        "agents.defaults.stream",
        True,
        "agents.defaults.stream",
        False,
        "false",
        [0, 1, "true", None],
        [True, False],
        [],
    ),
    (
        ANY + "api_key",
        "",
        "providers.groq.apiKey",
        "sk-1",
        "sk-1",
        [1, None, ["sk"], {"a": 1}],
        ["", "!", "~", "a b"],
        [" a", "a ", "a\tb", "\x7f", "clé"],
    ),
    (
        ANY + "api_key_file",
        None,
        "providers.groq.apiKeyFile",
        "/run/key",
        "/run/key",
        [1, True, ["/a"]],
        ["/a", "~/a", "C:/a", None],
        ["a", "sk-1234", "/a/../b"],
    ),
    (
        ANY + "api_key_keyring",
        "",
        "providers.groq.apiKeyKeyring",
        "weft/groq",
        "weft/groq",
        [1, None, ["a/b"], {"a": 1}],
        ["", "a/b", "a b/c"],
        [" a/b", "a/b ", "clé/a"],
    ),
    (
        ANY + "api_base",
        None,
        "providers.groq.apiBase",
        "http://localhost:1/v1",
        "http://localhost:1/v1",
        [1, True, "localhost", "ftp://a/", {}],
        ["http://a", "HTTPS://a/", "https://[::1]:8080/v1/", None],
        [
            "http://",
            "http:///v1",
            "http://u:p@a/",
            "http://a/?k=v",
            "http://a/#f",
            "http://a b/",
            "http://a/\n",
        ],
    ),
    (
        ANY + "extra_headers",
        None,
        "providers.groq.extraHeaders",
        {"X-Org-Id": "a", "APP-Code": "b", "x_y": "c"},
        '{"X-Org-Id": "a", "APP-Code": "b", "x_y": "c"}',
        ["a", [], 1, {"a": 1}, {"a": None}],
        [{}, {"a": ""}, {"!#$%&'*+-.^_`|~": "~"}, None],
        [{"": "a"}, {"a b": "c"}, {"a:": "c"}, {"é": "c"}, {"a": "b\r\nc: d"}, {"a": " b"}, {"a": "é"}],
    ),
    (
        ANY + "format",
        None,
        "providers.groq.format",
        "anthropic",
        "anthropic",
        [1, True, []],
        ["openai", "anthropic", None],
        ["OpenAI", "", "antropic"],
    ),
    (
        "tools.restrict_to_workspace",
        True,
        "tools.restrictToWorkspace",
        False,
        "no",
        [0, "false", None],
        [True, False],
        [],
    ),
    (
        "tools.result_limit_bytes",
        65_536,
        "tools.resultLimitBytes",
        2048,
        "2048",
        ["2048", True, None],
        [1024, 1_048_576],
        [1023, 1_048_577],
    ),
    (
        "requests.connect_timeout_s",
        10.0,
        "requests.connectTimeoutS",
        1.5,
        "1.5",
        ["1", True, None],
        [0.1, 86_400],
        [0, 0.09, 86_401],
    ),
    (
        "requests.first_byte_timeout_s",
        120.0,
        "requests.firstByteTimeoutS",
        1.5,
        "1.5",
        ["1", True, None],
        [0.1, 86_400],
        [0, 0.09, 86_401],
    ),
    (
        "requests.between_bytes_timeout_s",
        60.0,
        "requests.betweenBytesTimeoutS",
        1.5,
        "1.5",
        ["1", True, None],
        [0.1, 86_400],
        [0, 0.09, 86_401],
    ),
    (
        "requests.total_timeout_s",
        600.0,
        "requests.totalTimeoutS",
        1.5,
        "1.5",
        ["1", True, None],
        [0.1, 86_400],
        [0, 0.09, 86_401],
    ),
    ("requests.max_attempts", 4, "requests.maxAttempts", 2, "2", ["2", 1.5, True, None], [1, 20], [0, 21]),
    (
        "budget.day_usd",
        None,
        "budget.dayUsd",
        2.5,
        "2.5",
        ["2.5", True, []],
        [0, 1_000_000, None],
        [-0.01, 1_000_001],
    ),
    (
        "budget.session_usd",
        None,
        "budget.sessionUsd",
        2.5,
        "2.5",
        ["1", True],
        [0, 1_000_000, None],
        [-1, 1_000_001],
    ),
    (
        "tools.approval.ask",
        [],
        "tools.approval.ask",
        ["web_*", "exec_shell"],
        "web_*, exec_shell",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.approval.deny",
        [],
        "tools.approval.deny",
        ["*"],
        "*",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.command_policy.mode",
        "allowlist",
        "tools.commandPolicy.mode",
        "denylist",
        "denylist",
        [1, True, None, []],
        ["allowlist", "denylist"],
        ["", "Allowlist", "allow", "denylist "],
    ),
    (
        "tools.command_policy.allowlist",
        [],
        "tools.commandPolicy.allowlist",
        ["ls", "git log"],
        "ls, git log",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.command_policy.denylist",
        [],
        "tools.commandPolicy.denylist",
        ["rm -rf /"],
        "rm -rf /",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.exec.timeout",
        60.0,
        "tools.exec.timeout",
        2.5,
        "2.5",
        ["1", True, None],
        [0.1, 86_400],
        [0, 86_401],
    ),
    (
        "tools.url_policy.enabled",
        True,
        "tools.urlPolicy.enabled",
        False,
        "false",
        [0, 1, "true", None],
        [True, False],
        [],
    ),
    (
        "tools.url_policy.allow_private",
        False,
        "tools.urlPolicy.allowPrivate",
        True,
        "true",
        [0, 1, "true", None],
        [True, False],
        [],
    ),
    (
        "tools.url_policy.allowed_domains",
        [],
        "tools.urlPolicy.allowedDomains",
        ["a", "b"],
        "a, b",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.url_policy.blocked_domains",
        [],
        "tools.urlPolicy.blockedDomains",
        ["a", "b"],
        "a, b",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.url_policy.private_domains",
        [],
        "tools.urlPolicy.privateDomains",
        ["a", "b"],
        "a, b",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.url_policy.allowed_schemes",
        None,
        "tools.urlPolicy.allowedSchemes",
        ["a", "b"],
        "a, b",
        ["a", {}, [1], [None], ["a\n"]],
        [[], ["a"], None],
        [[""]],
    ),
    (
        "tools.url_policy.allowed_ports",
        None,
        "tools.urlPolicy.allowedPorts",
        [80, 8443],
        "80, 8443",
        [80, "80", {}, ["80"], [1.5], [True], [None]],
        [[], [1, 65_535], [443.0], None],
        [[0], [65_536], [-1]],
    ),
    (
        "memory.embedding.model",
        None,
        "memory.embedding.model",
        "openai/text-embedding-3-small",
        "openai/text-embedding-3-small",
        [1, True, ["a"]],
        ["a", None],
        ["a\n", "\0"],
    ),
    (
        "memory.embedding.dimensions",
        None,
        "memory.embedding.dimensions",
        256,
        "256",
        ["256", 0.5, True],
        [1, 4096, None],
        [0, 4097],
    ),
    (
        "memory.embedding.min_similarity",
        None,
        "memory.embedding.minSimilarity",
        0.4,
        "0.4",
        ["0.4", True],
        [0, 1, None],
        [-0.1, 1.1],
    ),
    (
        "tools.url_policy.allowed_methods",
        None,
        "tools.urlPolicy.allowedMethods",
        ["GET", "POST"],
        "GET, POST",
        ["a", {}, [1], [None], ["a\n"]],
        [[], ["a"], None],
        [[""]],
    ),
    (
        "tools.url_policy.allowed_headers",
        [],
        "tools.urlPolicy.allowedHeaders",
        ["X-Api-Version"],
        "X-Api-Version",
        ["a", {}, [1], [None], ["a\n"], None],
        [[], ["a"]],
        [[""]],
    ),
    (
        "tools.web.search.provider",
        None,
        "tools.web.search.provider",
        "tavily",
        "tavily",
        [1, True, []],
        ["brave", "searxng", None],
        ["", "Brave", "google"],
    ),
    (
        "tools.web.search.api_key",
        "",
        "tools.web.search.apiKey",
        "tvly-1",
        "tvly-1",
        [1, None, ["sk"], {"a": 1}],
        ["", "!", "~", "a b"],
        [" a", "a ", "a\tb", "\x7f", "clé"],
    ),
    (
        "tools.web.search.max_results",
        5,
        "tools.web.search.maxResults",
        3,
        "3",
        ["3", 0.5, True, None],
        [1, 20],
        [0, 21],
    ),
    (
        "tools.web.search.endpoint",
        None,
        "tools.web.search.endpoint",
        "http://localhost:8080/search",
        "http://localhost:8080/search",
        [1, True, "localhost", "ftp://a/", {}],
        ["http://a", None],
        ["http://", "http://u:p@a/", "http://a/?k=v"],
    ),
]
SECRET = {ANY + "api_key", ANY + "extra_headers", "tools.web.search.api_key"}
paths = [row[0] for row in EXPECTED]


def load(document: object = None, environment: dict[str, str] | None = None, overrides: Any = ()) -> Config:
    runtime = FakeRuntime()
    if document is not None:
        runtime.files.add("/home/user/.clawft/config.json", json.dumps(document).encode())
    return load_config(runtime.files, environment or {}, runtime.home, None, overrides)


def nested(path: str, value: object) -> dict[str, object]:
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def value_at(config: Config, path: str) -> Any:
    value: Any = config.effective()
    for name in path.split("."):
        if name == "groq" and isinstance(value, dict) and name not in value:
            return config._value(path)
        assert isinstance(value, dict)
        value = value[name]
    return value


def the(index: int) -> Any:
    return pytest.mark.parametrize(
        ("path", "given"), [(row[0], row[index]) for row in EXPECTED], ids=[row[0] for row in EXPECTED]
    )


def each(index: int) -> Any:
    cases = [(row[0], given) for row in EXPECTED for given in row[index]]
    return pytest.mark.parametrize(
        ("path", "given"), cases, ids=[f"{path}={given!r}" for path, given in cases]
    )


def test_the_list_here_and_the_table_name_the_same_keys() -> None:
    assert sorted(paths) == sorted(key.path.replace("*", "groq") for key in KEYS)


def test_only_keys_and_headers_are_secret() -> None:
    assert {key.path.replace("*", "groq") for key in KEYS if key.is_secret} == SECRET


def test_every_key_states_its_effect_in_one_line() -> None:
    for key in KEYS:
        assert key.effect.endswith(".")
        assert "\n" not in key.effect


@the(1)
def test_without_any_configuration_a_key_has_its_default(path: str, given: object) -> None:
    config = load()
    assert value_at(config, path) == given or list(value_at(config, path)) == given
    assert config.origin(path) == "default"
    assert not config.is_set(path)


@the(3)
def test_a_key_is_read_from_the_file(path: str, given: object) -> None:
    config = load(nested(path, given))
    assert value_at(config, path) == given
    assert type(value_at(config, path)) is type(given)
    assert config.origin(path) == "file"
    assert config.warnings == []


@pytest.mark.parametrize(("path", "other", "given"), [(row[0], row[2], row[3]) for row in EXPECTED])
def test_a_key_is_read_in_its_other_spelling(path: str, other: str, given: object) -> None:
    config = load(nested(other, given))
    assert value_at(config, path) == given
    assert config.is_set(path)
    assert config.warnings == []


@pytest.mark.parametrize(("path", "given", "text"), [(row[0], row[3], row[4]) for row in EXPECTED])
def test_a_variable_goes_before_the_file(path: str, given: object, text: str) -> None:
    other = next(value for row in EXPECTED if row[0] == path for value in [*row[6], row[1]] if value != given)
    config = load(nested(path, other), {variable(path): text})
    assert value_at(config, path) == given
    assert config.origin(path) == "environment"
    assert config.warnings == []


@pytest.mark.parametrize(("path", "other", "given", "text"), [row[:1] + row[2:5] for row in EXPECTED])
def test_the_command_line_goes_before_a_variable(path: str, other: str, given: object, text: str) -> None:
    before = next(
        value for row in EXPECTED if row[0] == path for value in [*row[6], row[1]] if value != given
    )
    environment = {variable(path): before if isinstance(before, str) else json.dumps(before)}
    for spelling in (path, other):
        config = load(None, environment, ((spelling, text),))
        assert value_at(config, path) == given
        assert config.origin(path) == "command line"


def test_a_number_too_large_for_its_kind_is_out_of_range() -> None:
    runtime = FakeRuntime()
    for path in ("agents.defaults.max_tokens", "agents.defaults.temperature", "budget.day_usd"):
        document = json.dumps(nested(path, "?")).replace('"?"', "1e400")
        runtime.files.add("/home/user/.clawft/config.json", document.encode())
        with pytest.raises(ConfigError) as caught:
            load_config(runtime.files, {}, runtime.home)
        assert caught.value.path == path


@each(6)
def test_a_value_that_just_fits_is_taken(path: str, given: object) -> None:
    assert value_at(load(nested(path, given)), path) == given


@each(5)
def test_a_wrong_kind_of_value_is_an_error_with_its_path_and_line(path: str, given: object) -> None:
    with pytest.raises(ConfigError) as caught:
        load(nested(path, given))
    assert caught.value.path == path
    assert caught.value.hint.endswith("see /home/user/.clawft/config.json line 1")


@each(7)
def test_a_value_out_of_range_is_an_error_with_its_path(path: str, given: object) -> None:
    with pytest.raises(ConfigError) as caught:
        load(nested(path, given))
    assert caught.value.path == path
    assert "see /home/user/.clawft/config.json" in caught.value.hint


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in paths
        if path
        not in {
            ANY + "api_key",
            ANY + "api_key_keyring",
            "agents.defaults.model",
            "memory.embedding.model",
            "tools.web.search.api_key",
        }
    ],
)
def test_a_wrong_variable_is_an_error_that_names_it(path: str) -> None:
    default = next(row[1] for row in EXPECTED if row[0] == path)
    is_list = isinstance(default, list) or path.endswith(("_schemes", "_methods"))
    bad = "[1]" if is_list else "nonsense"
    with pytest.raises(ConfigError) as caught:
        load(None, {variable(path): bad})
    assert caught.value.path == path
    assert caught.value.hint.endswith("set by " + variable(path))


@pytest.mark.parametrize("text", ["1_000", "0x10", "nan", "inf", "1e400", "", " ", "１", "--1", "[1]", "1 2"])  # noqa: RUF001 - a full-width digit
def test_figures_in_variables_are_plain(text: str) -> None:
    for path in ("agents.defaults.max_tokens", "agents.defaults.temperature", "budget.day_usd"):
        if text or path != "budget.day_usd":
            with pytest.raises(ConfigError):
                load(None, {variable(path): text})


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("Yes", True), ("ON", True), ("1", True), ("false", False), ("no", False), ("0", False)],
)
def test_flags_in_variables_have_the_usual_words(text: str, value: bool) -> None:
    assert load(None, {"CLAWFT__AGENTS__DEFAULTS__STREAM": text}).flag("agents.defaults.stream") is value


@pytest.mark.parametrize("text", ["", "null"])
def test_an_empty_variable_is_null_where_null_is_allowed(text: str) -> None:
    config = load({"budget": {"day_usd": 1}}, {"CLAWFT__BUDGET__DAY_USD": text})
    assert config.optional_number("budget.day_usd") is None


@pytest.mark.parametrize(
    ("text", "models"),
    [("a/b", ["a/b"]), (" a , b ,", ["a", "b"]), ('["a,b"]', ["a,b"]), ("", []), ("[]", [])],
)
def test_a_list_in_a_variable_is_comma_separated_or_json(text: str, models: list[str]) -> None:
    config = load(None, {"CLAWFT__AGENTS__DEFAULTS__FALLBACK_MODELS": text})
    assert config.texts("agents.defaults.fallback_models") == models


@pytest.mark.parametrize("path", sorted(SECRET | {ANY + "api_key_file", ANY + "api_base", ANY + "format"}))
@pytest.mark.parametrize("shape", ["{}", " {}\n", "[{}]", "http://{}@h/", "~{}"])
def test_no_message_holds_what_was_given_for_a_provider(path: str, shape: str) -> None:
    secret = "sk-verysecret"
    for value in (
        shape.format(secret),
        {secret: secret},
        {"a": [secret]},
        {"x": secret + "\n"},
        [secret],
        secret + "é",
    ):
        for document in (nested(path, value), nested("providers.groq", value), nested("providers", value)):
            try:
                config = load(document)
            except ConfigError as error:
                told = str(error)
            else:
                told = " ".join(config.warnings)
            if not (isinstance(value, dict) and secret in value):  # the name of a key is no secret
                assert secret not in told


def test_the_two_spellings_lead_to_each_other() -> None:
    names = [name for path in [*paths, *LATER, *PROVIDERS] for name in path.split(".")]
    assert [snake(camel(name)) for name in names] == names


def test_every_section_of_a_later_version_gets_one_warning_and_is_kept() -> None:
    document: dict[str, object] = {}
    for path in LATER:
        section: Any = document
        *parents, last = path.split(".")
        for name in parents:
            section = section.setdefault(name, {})
        section[camel(last)] = {"botToken": "x", "GITHUB_TOKEN": [1, None]}
    config = load(document)
    assert sorted(config.warnings) == sorted(path + ": not in this version; ignored" for path in LATER)
    assert config.later == {path: {"botToken": "x", "GITHUB_TOKEN": [1, None]} for path in LATER}


def test_what_a_section_of_a_later_version_holds_is_not_judged() -> None:
    assert load({"gateway": 5, "tools": {"mcp_servers": None}}).later == {
        "gateway": 5,
        "tools.mcp_servers": None,
    }


def test_the_names_we_know_are_those_that_the_registry_can_reach() -> None:
    from clawft.providers.registry import provider_names

    assert sorted(provider_names()) == sorted(PROVIDERS)


@pytest.mark.parametrize("section", STRICT)
def test_an_unknown_key_of_a_policy_is_an_error_wherever_it_is_given(section: str) -> None:
    with pytest.raises(ConfigError, match="an unknown one"):
        load(nested(section + ".blocked_domain", []))
    with pytest.raises(ConfigError, match="set by CLAWFT__TOOLS"):
        load(None, {variable(section) + "__NONSENSE": "1"})
    with pytest.raises(ConfigError, match="an unknown one"):
        load(None, None, ((section + ".nonsense", "1"),))


def test_a_misspelt_key_of_a_policy_is_told_the_near_one() -> None:
    with pytest.raises(ConfigError) as caught:
        load({"tools": {"urlPolicy": {"blokedDomains": ["a"]}}})
    assert caught.value.path == "tools.url_policy.blokedDomains"
    assert "blocked_domains" in caught.value.hint


def test_an_unknown_mode_is_told_the_near_one() -> None:
    with pytest.raises(ConfigError) as caught:
        load({"tools": {"command_policy": {"mode": "alowlist"}}})
    assert "did you mean allowlist?" in caught.value.hint
