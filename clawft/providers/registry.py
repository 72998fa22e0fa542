"""The providers we know: names, addresses, key variables, dialects, and how a model's name finds its provider.

The one home of every URL, key variable and default model. No configuration is read here, and no wire format made.
"""

from __future__ import annotations

OPENAI = "openai"
ANTHROPIC = "anthropic"


class ProviderSpec:
    """A provider. `key_variables` are environment variables, the first is the one to name to users.

    `keywords` find it by a bare model name ("^" binds one to its beginning); `aliases` are other prefixes for it.
    Of a model's name `drops` are taken off its beginning, `adds` is put before one without a slash, and
    `is_last_part` leaves only what follows the last slash.
    `temperature_models`: see `OpenAiChat`. `oauth`: why it cannot be used, "" if it can.
    """

    __slots__ = (
        "adds",
        "aliases",
        "base_url",
        "default_model",
        "drops",
        "format",
        "has_cost",
        "is_gateway",
        "is_last_part",
        "is_local",
        "key_starts",
        "key_variables",
        "keywords",
        "name",
        "oauth",
        "temperature_models",
        "title",
        "token_field",
    )

    def __init__(  # noqa: PLR0913 - a row of the table below, by keyword
        self,
        name: str,
        title: str,
        base_url: str,
        key_variables: tuple[str, ...] = (),
        *,
        default_model: str = "",
        wire: str = OPENAI,
        keywords: tuple[str, ...] = (),
        aliases: tuple[str, ...] = (),
        drops: tuple[str, ...] = (),
        adds: str = "",
        key_starts: tuple[str, ...] = (),
        token_field: str = "max_tokens",  # noqa: S107 - a field of the protocol
        temperature_models: tuple[str, ...] | None = None,
        is_gateway: bool = False,
        is_local: bool = False,
        is_last_part: bool = False,
        has_cost: bool = False,
        oauth: str = "",
    ) -> None:
        self.name = name
        self.title = title
        self.base_url = base_url
        self.key_variables = key_variables
        self.default_model = default_model
        self.format = wire
        self.keywords = keywords
        self.aliases = aliases
        self.drops = drops
        self.adds = adds
        self.key_starts = key_starts
        self.token_field = token_field
        self.temperature_models = temperature_models
        self.is_gateway = is_gateway
        self.is_local = is_local
        self.is_last_part = is_last_part
        self.has_cost = has_cost
        self.oauth = oauth


# The order is that in which keys are looked for, and in which keywords match. Models that take a temperature are
# listed by their beginnings where the provider's newer ones refuse it with a 400: what is not listed goes without.
SPECS = (
    ProviderSpec(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com/v1",
        ("ANTHROPIC_API_KEY",),
        default_model="claude-sonnet-5",
        wire=ANTHROPIC,
        keywords=("anthropic", "claude"),
        aliases=("claude",),
        key_starts=("sk-ant-",),
        temperature_models=(
            "claude-2",
            "claude-3",
            "claude-opus-4-0",
            "claude-opus-4-1",
            "claude-opus-4-2025",
            "claude-opus-4-5",
            "claude-opus-4-6",
            "claude-sonnet-4",
            "claude-haiku-4",
        ),
    ),
    ProviderSpec(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        ("OPENAI_API_KEY",),
        default_model="gpt-5.4",
        keywords=("openai", "gpt", "^o1", "^o3", "^o4"),
        key_starts=("sk-proj-", "sk-svcacct-"),
        token_field="max_completion_tokens",  # noqa: S106 - a field of the protocol
        temperature_models=("gpt-3.5", "gpt-4", "chatgpt-4o", "ft:gpt-3.5", "ft:gpt-4"),
    ),
    ProviderSpec(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        ("OPENROUTER_API_KEY",),
        default_model="openrouter/auto",
        adds="openrouter/",
        key_starts=("sk-or-",),
        is_gateway=True,
        has_cost=True,
    ),
    ProviderSpec(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        ("DEEPSEEK_API_KEY",),
        default_model="deepseek-chat",
        keywords=("deepseek",),
    ),
    ProviderSpec(
        "gemini",
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        default_model="gemini-3.5-flash",
        keywords=("gemini",),
        aliases=("google",),
        key_starts=("AIza",),
    ),
    ProviderSpec(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        ("GROQ_API_KEY",),
        default_model="openai/gpt-oss-120b",
        keywords=("groq",),
        key_starts=("gsk_",),
    ),
    ProviderSpec(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        ("MISTRAL_API_KEY",),
        default_model="mistral-large-latest",
        keywords=("mistral", "mixtral", "ministral", "magistral", "codestral", "devstral", "pixtral"),
    ),
    ProviderSpec(
        "together",
        "Together",
        "https://api.together.xyz/v1",
        ("TOGETHER_API_KEY",),
        default_model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
        aliases=("together_ai", "togetherai"),
        is_gateway=True,
    ),
    ProviderSpec(
        "zhipu",
        "Z.ai (Zhipu)",
        "https://api.z.ai/api/paas/v4",
        ("ZAI_API_KEY", "ZHIPUAI_API_KEY"),
        default_model="glm-4.7",
        keywords=("zhipu", "glm", "zai"),
        aliases=("zai", "glm"),
        drops=("zai/", "zhipu/"),
    ),
    ProviderSpec(
        "dashscope",
        "Alibaba DashScope",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        ("DASHSCOPE_API_KEY",),
        default_model="qwen-plus",
        keywords=("qwen", "qwq", "dashscope"),
        aliases=("qwen", "alibaba"),
        drops=("dashscope/",),
    ),
    ProviderSpec(
        "moonshot",
        "Moonshot AI",
        "https://api.moonshot.ai/v1",
        ("MOONSHOT_API_KEY",),
        default_model="kimi-k2.6",
        keywords=("moonshot", "kimi"),
        aliases=("moonshotai", "kimi"),
        drops=("moonshot/",),
    ),
    ProviderSpec(
        "minimax",
        "MiniMax",
        "https://api.minimax.io/v1",
        ("MINIMAX_API_KEY",),
        default_model="MiniMax-M2.7",
        keywords=("minimax",),
        drops=("minimax/",),
    ),
    ProviderSpec(
        "aihubmix",
        "AiHubMix",
        "https://aihubmix.com/v1",
        # Not OPENAI_API_KEY as upstream has it: a key is sent only to whom it belongs.
        ("AIHUBMIX_API_KEY",),
        is_gateway=True,
        is_last_part=True,
    ),
    ProviderSpec(
        "openai_codex",
        "OpenAI Codex (subscription)",
        "https://chatgpt.com/backend-api",
        keywords=("openai-codex", "codex"),
        aliases=("openai-codex", "codex"),
        oauth="it signs in with a ChatGPT subscription, which is not supported; use openai/MODEL with an API key",
    ),
    # Local servers need no key; one is sent where it is set.
    ProviderSpec("ollama", "Ollama", "http://127.0.0.1:11434/v1", ("OLLAMA_API_KEY",), is_local=True),
    ProviderSpec(
        "vllm",
        "vLLM",
        "http://127.0.0.1:8000/v1",
        ("HOSTED_VLLM_API_KEY", "VLLM_API_KEY"),
        aliases=("hosted_vllm",),
        is_local=True,
    ),
    ProviderSpec(
        "llamacpp",
        "llama.cpp",
        "http://127.0.0.1:8080/v1",
        ("LLAMACPP_API_KEY",),
        aliases=("llama.cpp", "llama-cpp"),
        is_local=True,
    ),
    ProviderSpec("custom", "your own endpoint", "", ("CUSTOM_API_KEY",), is_local=True),
)


def provider_by_name(name: str) -> ProviderSpec | None:
    """The provider of a prefix, by its name or another; case and `-` for `_` do not count."""
    wanted = name.lower()
    for spec in SPECS:
        if wanted in (spec.name, spec.name.replace("_", "-")) or wanted in spec.aliases:
            return spec
    return None


def provider_by_model(model: str) -> ProviderSpec | None:
    """The provider that a model's bare name points to; never a gateway, a local server or one that needs OAuth."""
    wanted = model.lower()
    for spec in SPECS:
        if spec.is_gateway or spec.is_local or spec.oauth:
            continue
        for keyword in spec.keywords:
            is_start = keyword[:1] == "^"
            if wanted.startswith(keyword[1:]) if is_start else keyword in wanted:
                return spec
    return None


def provider_by_key(key: str) -> ProviderSpec | None:
    """The provider whose keys begin like this one; None where many begin so."""
    for spec in SPECS:
        for start in spec.key_starts:
            if key.startswith(start):
                return spec
    return None


def provider_names() -> list[str]:
    """The names a model may be prefixed with, in our order."""
    return [spec.name for spec in SPECS]
