"""Wires configuration, runtime, providers, tools and memory into an agent: the only file that knows them all."""

from __future__ import annotations

from clawft.core.config import load_config
from clawft.core.errors import EXIT_DONE, EXIT_FAILED, hide_secrets
from clawft.core.session import SessionStore

SCRIPTED = "scripted"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.agent.agent import Agent
    from clawft.agent.gate import ToolGate
    from clawft.core.audit import AuditLog
    from clawft.core.config import Config
    from clawft.core.host import Terminal
    from clawft.core.interfaces import Approver, Folder, Model, Runtime, Tool
    from clawft.core.lines import Lines
    from clawft.core.memory import MemoryStore
    from clawft.core.memory_search import MemorySearch
    from clawft.providers.choose import ModelChoice
    from clawft.security.commands import CommandPolicy
    from clawft.security.decisions import Judge
    from clawft.security.policies import Policies
    from clawft.security.secrets import Redactor
    from clawft.tools.command_runner import CommandRunner
    from clawft.tools.programs import Programs
    from clawft.tools.registry import ToolRegistry


class App:
    """One configured `weft`. Parts are made when first asked for, so that a command pays only for what it uses."""

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        model: str | None,
        report: Callable[[str], None],
        approver: Approver | None = None,
        show: Callable[[str, str], None] | None = None,
    ) -> None:
        self.runtime = runtime
        self.config = config
        self._approver = approver
        self._show = show
        self._model = model
        self._report = report
        self._sessions: SessionStore | None = None
        self._memory: MemoryStore | None = None
        self._memory_search: MemorySearch | None = None
        self._tools: ToolRegistry | None = None
        self._command_pair: list[Tool] | None = None
        self._policies: Policies | None = None
        self._redactor: Redactor | None = None
        self._audit: AuditLog | None = None
        self._gate: ToolGate | None = None
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
    def memory_search(self) -> MemorySearch:
        """Search in long-term memory. ConfigError for a model of embeddings that cannot be made."""
        if self._memory_search is None:
            from clawft.app_memory import memory_search  # noqa: PLC0415 - few commands search

            self._memory_search = memory_search(self.runtime, self.config, self.memory, self._report)
        return self._memory_search

    @property
    def policies(self) -> Policies:
        """What decides about commands, URLs, paths and tools."""
        if self._policies is None:
            from clawft.security.policies import Policies  # noqa: PLC0415 - not every command

            workspace = self.config.workspace
            folder = self.folder(workspace)
            names = [workspace] if folder is None or folder.root == workspace else [workspace, folder.root]
            self._policies = Policies(
                self.config, names, self._private(), sees_addresses=not self.runtime.is_sandbox
            )
        return self._policies

    @property
    def judge(self) -> Judge:
        """Answers what is asked of the policies in force."""
        from clawft.security.decisions import Judge  # noqa: PLC0415 - only where somebody asks

        return Judge(self.policies, self.folder)

    def folder(self, path: str) -> Folder | None:
        """The confined view of a folder, None where there is none."""
        facts = self.runtime.files.stat(path)
        return self.runtime.files.folder(path) if facts is not None and facts.kind == "folder" else None

    @property
    def redactor(self) -> Redactor:
        """What takes out every secret that is configured, and what looks like one."""
        if self._redactor is None:
            from clawft.providers.choose import configured_secrets  # noqa: PLC0415 - where nothing fails, nobody asks
            from clawft.security.secrets import Redactor  # noqa: PLC0415 - as above

            # First without key files: a message about one that cannot be read passes here as well.
            self._redactor = Redactor(tuple(self.config.secrets()))
            self._redactor = Redactor(
                tuple(
                    configured_secrets(
                        self.config, self.runtime.environment, self.runtime.files, self.runtime.keyring
                    )
                )
            )
        return self._redactor

    @property
    def audit(self) -> AuditLog:
        """Where every decision is kept."""
        if self._audit is None:
            from clawft.core.audit import AuditLog  # noqa: PLC0415 - not every command

            self._audit = AuditLog(
                self.runtime.files, self.runtime.clock, self.audit_folder, self.without_secrets
            )
        return self._audit

    @property
    def audit_folder(self) -> str:
        return self.config.state_folder + "/audit"

    @property
    def gate(self) -> ToolGate:
        """What every tool call passes. Raises ConfigError for policies that cannot be made."""
        if self._gate is None:
            from clawft.agent.gate import ToolGate  # noqa: PLC0415 - not every command

            self._gate = ToolGate(
                self.policies.approval, lambda: self.audit, lambda: self.redactor, self._approver
            )
        return self._gate

    def without_secrets(self, text: str) -> str:
        """Text as it may be shown and kept."""
        return self.redactor.text(text)

    @property
    def tools(self) -> ToolRegistry:
        """What models may call."""
        if self._tools is None:
            from clawft.tools.registry import ToolRegistry, built_in_tools  # noqa: PLC0415 - not every command

            tools = built_in_tools(
                self.runtime.files,
                self.config.workspace,
                self.memory,
                lambda: self.memory_search,
                restrict_to_workspace=self.config.flag("tools.restrict_to_workspace"),
                private_folders=self._private(),
            )
            self._tools = ToolRegistry(tools + self._command_tools() + self._late_tools())
        return self._tools

    def _command_tools(self) -> list[Tool]:
        """[] in a build without the feature `exec`."""
        from clawft.core.compat import feature  # noqa: PLC0415 - as above
        from clawft.tools.late import LateTool  # noqa: PLC0415

        schemas = feature("clawft.tools.exec_schemas")
        if schemas is None:
            return []
        programs = self.policies.programs()
        return [
            LateTool(schemas.exec_shell_schema(programs), lambda: self._commands[0]),
            LateTool(schemas.spawn_schema(programs), lambda: self._commands[1]),
        ]

    @property
    def _commands(self) -> list[Tool]:
        """`exec_shell` and `spawn`, which share what they run with."""
        if self._command_pair is None:
            from clawft.core.compat import feature  # noqa: PLC0415 - most turns run no command
            from clawft.tools.files import Workspace  # noqa: PLC0415 - as above

            def policy(runner: CommandRunner, programs: Programs) -> CommandPolicy:
                return self.policies.commands_of(runner.workspaces, runner.environment, programs.resolve)

            self._command_pair = feature("clawft.tools.exec").exec_tools(
                self.runtime,
                Workspace(self.runtime.files, self.config.workspace, self._private()),
                self.config.state_folder,
                policy,
                self.gate.record,
                self.config.number("tools.exec.timeout"),
            )
        return self._command_pair

    def _late_tools(self) -> list[Tool]:
        from clawft.tools.late import LateTool  # noqa: PLC0415 - as above
        from clawft.tools.message_schema import MESSAGE  # noqa: PLC0415
        from clawft.tools.web_schemas import WEB_FETCH, WEB_SEARCH  # noqa: PLC0415

        if self.config.has_set("tools.web."):
            self._search()  # one that cannot be made must stop us here, not when it is called
        found: list[Tool] = [LateTool(WEB_FETCH, self._fetch), LateTool(WEB_SEARCH, self._search)]
        show = self._show
        if show is not None:
            found.append(LateTool(MESSAGE, lambda: self._message(show)))
        return found

    def _fetch(self) -> Tool:
        from clawft.tools.web_client import WebClient  # noqa: PLC0415 - most turns fetch nothing
        from clawft.tools.web_fetch import WebFetch  # noqa: PLC0415 - as above

        return WebFetch(WebClient(self.runtime, self.policies.urls, self.gate.record, "web_fetch"))

    def _search(self) -> Tool:
        from clawft.tools.web_client import WebClient  # noqa: PLC0415 - most turns search nothing
        from clawft.tools.web_search import WebSearch  # noqa: PLC0415 - as above

        config = self.config
        key = config.text("tools.web.search.api_key")
        return WebSearch(
            WebClient(self.runtime, self.policies.urls, self.gate.record, "web_search"),
            provider=config.text("tools.web.search.provider") or ("brave" if key else ""),
            api_key=key,
            endpoint=config.text("tools.web.search.endpoint"),
            default_results=config.integer("tools.web.search.max_results"),
        )

    def _message(self, show: Callable[[str, str], None]) -> Tool:
        from clawft.channels.outlet import ConsoleOutlet  # noqa: PLC0415 - most turns send none
        from clawft.tools.message import SendMessage  # noqa: PLC0415 - as above

        return SendMessage(ConsoleOutlet(self.sessions, show), self.runtime.clock)

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
                self.config,
                self.runtime.environment,
                self.runtime.files,
                self._model,
                keyring=self.runtime.keyring,
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
            if choice.provider != SCRIPTED:
                return _offline(is_chosen=True)
            from clawft.providers.scripted import scripted_model  # noqa: PLC0415 - for tests and demonstrations

            return scripted_model(self.runtime.files, choice.model)
        from clawft.pipeline.transport import HttpModel, timeouts_of  # noqa: PLC0415 - not where no model is asked
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
            timeouts=timeouts_of(config),
            context_window_tokens=choice.context_window_tokens,
            cost=cost_usd,
        )

    def use_model(self, model: str) -> None:
        """Answer with another model from the next message on. Raises ConfigError and changes nothing if it cannot."""
        other = App(self.runtime, self.config, model, self._report, self._approver, self._show)
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
            parts = TurnParts(self.runtime, settings, self.models, self.tools, self.gate, self.memory, budget)
            self._warn_of_unknown_tools()
            self._agent = Agent(parts, self.sessions)
        return self._agent

    def _warn_of_unknown_tools(self) -> None:
        """A misspelt name in a list of what must not run at once stops nothing."""
        for key in ("tools.approval.ask", "tools.approval.deny"):
            for name in self.config.texts(key):
                if not name.endswith("*") and name not in self.tools.names():
                    from clawft.core.near import did_you_mean  # noqa: PLC0415 - only for a mistake

                    hint = did_you_mean(name, self.tools.names())
                    self._report(key + ": there is no tool " + name + (", " + hint if hint else ""))

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
    approver: Approver | None = None,
    show: Callable[[str, str], None] | None = None,
) -> App:
    """Load the configuration and make an App of it. `report` is given each warning. Raises ConfigError.

    `approver` is who can be asked before a tool runs, None where nobody can; `show` what is given a chat and
    each message sent to it besides the answers. From here on no message holds a secret of this configuration.
    """
    config = load_config(runtime.files, runtime.environment, runtime.home, config_path, overrides)
    app = App(runtime, config, model, report, approver, show)
    hide_secrets(app.without_secrets)
    if config.has_set("tools."):
        config.warnings.extend(app.policies.check())
    for warning in config.warnings:
        report(warning)
    return app
