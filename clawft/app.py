"""Wires configuration, runtime, providers, tools and memory into an agent: the only file that knows them all."""

from __future__ import annotations

from clawft.core.config import load_config
from clawft.core.errors import EXIT_DONE, EXIT_FAILED, ConfigError
from clawft.core.session import SessionStore

SCRIPTED = "scripted"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.agent.agent import Agent
    from clawft.core.config import Config
    from clawft.core.interfaces import Model, Runtime, Terminal
    from clawft.core.lines import Lines
    from clawft.core.memory import MemoryStore
    from clawft.providers.choose import ModelChoice
    from clawft.tools.registry import ToolRegistry


class App:
    """One configured `weft`. Parts are made when first asked for, so that a command pays only for what it uses."""

    def __init__(
        self, runtime: Runtime, config: Config, model: str | None, report: Callable[[str], None]
    ) -> None:
        self.runtime = runtime
        self.config = config
        self._model = model
        self._report = report
        self._sessions: SessionStore | None = None
        self._memory: MemoryStore | None = None
        self._tools: ToolRegistry | None = None
        self._choices: list[ModelChoice] | None = None
        self._models: list[Model] | None = None
        self._agent: Agent | None = None

    @property
    def sessions(self) -> SessionStore:
        """The sessions in the state folder, and upstream's where ours are absent."""
        if self._sessions is None:
            home = self.runtime.home
            self._sessions = SessionStore(
                self.runtime.files,
                self.runtime.clock,
                self.config.state_folder + "/sessions",
                [home + "/.clawft/workspace/sessions", home + "/.nanobot/workspace/sessions"],
                self._report,
            )
        return self._sessions

    @property
    def memory(self) -> MemoryStore:
        """Long-term memory in the workspace."""
        if self._memory is None:
            from clawft.core.memory import MemoryStore  # noqa: PLC0415 - not every command needs it

            self._memory = MemoryStore(
                self.runtime.files,
                self.config.workspace + "/memory",
                self.runtime.home + "/.nanobot/workspace/memory",
            )
        return self._memory

    @property
    def tools(self) -> ToolRegistry:
        """What models may call."""
        if self._tools is None:
            from clawft.tools.registry import ToolRegistry, built_in_tools  # noqa: PLC0415 - not every command

            self._tools = ToolRegistry(
                built_in_tools(
                    self.runtime.files,
                    self.config.workspace,
                    self.memory,
                    restrict_to_workspace=self.config.flag("tools.restrict_to_workspace"),
                    private_folders=self._private(),
                )
            )
        return self._tools

    def _private(self) -> tuple[str, ...]:
        """What tools never touch: our state, and the configuration wherever it is kept, since it may hold keys."""
        source = self.config.source
        return (self.config.state_folder, source) if source else (self.config.state_folder,)

    @property
    def choices(self) -> list[ModelChoice]:
        """The configured models, first choice first; [] when nothing is configured. Raises ConfigError."""
        if self._choices is None:
            from clawft.providers.choose import choose_models  # noqa: PLC0415 - not every command needs it

            self._choices = choose_models(
                self.config, self.runtime.environment, self.runtime.files, self._model
            )
        return self._choices

    @property
    def models(self) -> list[Model]:
        """The configured models, ready to answer, first choice first; the offline one when nothing is configured."""
        if self._models is None:
            self._models = [self._model_of(choice) for choice in self.choices] or [_offline(is_chosen=False)]
        return self._models

    def _model_of(self, choice: ModelChoice) -> Model:
        if choice.wire is None:
            return self._scripted(choice.model) if choice.provider == SCRIPTED else _offline(is_chosen=True)
        from clawft.core.interfaces import Timeouts  # noqa: PLC0415 - not where no model is asked
        from clawft.pipeline.transport import HttpModel  # noqa: PLC0415 - as above
        from clawft.providers.prices import cost_usd  # noqa: PLC0415 - as above

        config = self.config
        return HttpModel(
            self.runtime,
            choice.wire,
            provider=choice.provider,
            model=choice.model,
            base_url=choice.base_url,
            api_key=choice.api_key,
            headers=choice.headers,
            timeouts=Timeouts(
                config.number("requests.connect_timeout_s"),
                config.number("requests.first_byte_timeout_s"),
                config.number("requests.between_bytes_timeout_s"),
                config.number("requests.total_timeout_s"),
            ),
            context_window_tokens=choice.context_window_tokens,
            cost=cost_usd,
        )

    def _scripted(self, path: str) -> Model:
        from clawft.providers.scripted import ScriptedModel  # noqa: PLC0415 - for tests and demonstrations

        data = self.runtime.files.read(path)
        if data is None:
            raise ConfigError("agents.defaults.model", "scripted/PATH of a JSONL file", "no file at " + path)
        return ScriptedModel(data.decode().split("\n"), path)

    def use_model(self, model: str) -> None:
        """Answer with another model from the next message on. Raises ConfigError and changes nothing if it cannot."""
        other = App(self.runtime, self.config, model, self._report)
        self._models = other.models
        self._choices = other.choices
        self._agent = None

    @property
    def agent(self) -> Agent:
        """The agent."""
        if self._agent is None:
            from clawft.agent.agent import Agent  # noqa: PLC0415 - not every command needs it
            from clawft.agent.budget import Budget  # noqa: PLC0415
            from clawft.agent.turn import TurnParts, TurnSettings  # noqa: PLC0415

            config = self.config
            settings = TurnSettings(
                config.workspace,
                max_tokens=config.integer("agents.defaults.max_tokens"),
                temperature=config.number("agents.defaults.temperature"),
                max_tool_iterations=config.integer("agents.defaults.max_tool_iterations"),
                memory_window=config.integer("agents.defaults.memory_window"),
                result_limit_bytes=config.integer("tools.result_limit_bytes"),
                max_attempts=config.integer("requests.max_attempts"),
                is_streamed=config.flag("agents.defaults.stream"),
            )
            budget = Budget(
                self.runtime.files,
                self.runtime.clock,
                config.state_folder + "/spending",
                config.optional_number("budget.day_usd"),
                config.optional_number("budget.session_usd"),
            )
            parts = TurnParts(self.runtime, settings, self.models, self.tools, self.memory, budget)
            self._agent = Agent(parts, self.sessions)
        return self._agent

    async def serve_lines(self, lines: Lines, terminal: Terminal, max_concurrent: int) -> int:
        """Answer JSON lines (see `JsonlConsole`) to the end. The exit code: 0 if all were answered, 1 if not."""
        from clawft.agent.loop import serve  # noqa: PLC0415 - it needs an event loop
        from clawft.channels.console import JsonlConsole  # noqa: PLC0415 - as above

        console = JsonlConsole(lines, terminal)
        failures = await serve(self.agent, console, max_concurrent)
        return EXIT_FAILED if failures or console.rejected else EXIT_DONE


def _offline(*, is_chosen: bool) -> Model:
    from clawft.providers.offline import OfflineModel  # noqa: PLC0415 - not where a model is configured

    return OfflineModel(is_chosen=is_chosen)


def open_app(
    runtime: Runtime,
    *,
    config_path: str | None = None,
    model: str | None = None,
    overrides: tuple[tuple[str, str], ...] = (),
    report: Callable[[str], None],
) -> App:
    """Load the configuration and make an App of it. `report` is given each warning. Raises ConfigError."""
    config = load_config(runtime.files, runtime.environment, runtime.home, config_path, overrides)
    for warning in config.warnings:
        report(warning)
    return App(runtime, config, model, report)
