"""Makes every policy from one configuration, each when it is first needed, and shows what is in force. No I/O."""

from __future__ import annotations

from clawft.core.compat import feature
from clawft.security.approval import ApprovalPolicy
from clawft.security.command_lists import ALLOWLIST, DEFAULT_ALLOWLIST, DEFAULT_DENYLIST, DENYLIST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clawft.core.config import Config
    from clawft.security.command_judge import Resolve
    from clawft.security.commands import CommandPolicy
    from clawft.security.url_settings import UrlSettings
    from clawft.security.urls import UrlPolicy

COMMANDS = "tools.command_policy"
URLS = "tools.url_policy"
COMMAND_POLICY = "clawft.security.commands"  # what the feature `exec` brings
NO_COMMANDS = "tools.command_policy is set, and this build runs no commands (feature exec)"
WIDE_READING = (
    "tools.restrict_to_workspace is false: a model may read every file of yours but those known to hold keys"
)


class Policies:
    """What decides about commands, URLs, paths and tools. `private_folders` are never read or written by tools.

    `workspaces` are the names of the one folder that tools are confined to. A configuration that no policy can be
    made of is a ConfigError where the policy is made; `check` makes all that the user has set anything of.
    """

    def __init__(
        self,
        config: Config,
        workspaces: Sequence[str],
        private_folders: tuple[str, ...] = (),
        *,
        sees_addresses: bool = True,
    ) -> None:
        self.workspaces = tuple(workspaces)
        self.private_folders = private_folders
        self.reads_widely = not config.flag("tools.restrict_to_workspace")
        self.approval = ApprovalPolicy(
            tuple(config.texts("tools.approval.ask")), tuple(config.texts("tools.approval.deny"))
        )
        self._sees_addresses = sees_addresses
        self._config = config
        self._commands: CommandPolicy | None = None
        self._urls: UrlPolicy | None = None

    @property
    def has_commands(self) -> bool:
        """Whether this build runs commands at all."""
        return feature(COMMAND_POLICY) is not None

    @property
    def commands(self) -> CommandPolicy:
        """Decides which commands run. It does not know where programs are: see `security.commands`."""
        if self._commands is None:
            self._commands = self.commands_of(self.workspaces)
        return self._commands

    def commands_of(
        self,
        workspaces: Sequence[str],
        environment: dict[str, str] | None = None,
        resolve: Resolve | None = None,
    ) -> CommandPolicy:
        """The same policy for who runs what it allows, and knows the environment and where programs are."""
        mode, allowlist, denylist = self.command_lists()
        made: CommandPolicy = feature(COMMAND_POLICY).CommandPolicy(
            mode, allowlist, denylist, workspaces, environment, resolve
        )
        return made

    @property
    def urls(self) -> UrlPolicy:
        """Decides what may be fetched."""
        if self._urls is None:
            from clawft.security.url_settings import url_settings  # noqa: PLC0415 - as above
            from clawft.security.urls import UrlPolicy  # noqa: PLC0415

            settings = url_settings(self._config.section(URLS))
            self._urls = UrlPolicy(settings, sees_addresses=self._sees_addresses)
        return self._urls

    def programs(self) -> list[str] | None:
        """The programs that may run, None where all may that nothing denies."""
        mode, allowlist, _ = self.command_lists()
        if mode == ALLOWLIST and not allowlist:
            return sorted(DEFAULT_ALLOWLIST)
        return self.commands.programs()

    def command_lists(self) -> tuple[str, list[str], list[str]]:
        """The mode, what is allowed and what is denied, as they were configured."""
        config = self._config
        return (
            config.text(COMMANDS + ".mode"),
            config.texts(COMMANDS + ".allowlist"),
            config.texts(COMMANDS + ".denylist"),
        )

    def check(self) -> list[str]:
        """What must be said at the start. Raises ConfigError for a configuration that no policy can be made of."""
        warnings = []
        if self._config.has_set(COMMANDS + "."):
            warnings += self.commands.warnings if self.has_commands else [NO_COMMANDS]
        if self._config.has_set(URLS + "."):
            warnings += self.urls.warnings
        if self.reads_widely:
            warnings.append(WIDE_READING)
        return warnings

    def to_json(self) -> dict[str, object]:
        """What is in force, every default filled in."""
        mode, allowlist, denylist = self.command_lists()
        is_denylist = mode == DENYLIST
        return {
            "command": {
                "mode": self.commands.mode,
                "allowlist": [] if is_denylist else list(allowlist or DEFAULT_ALLOWLIST),
                "denylist": list(denylist or (DEFAULT_DENYLIST if is_denylist else ())),
            }
            if self.has_commands
            else None,
            "url": _settings(self.urls.settings),
            "path": {
                "workspace": self.workspaces[0],
                "reads_outside": self.reads_widely,
                "private": list(self.private_folders),
            },
            "approval": {
                "ask": self._config.texts("tools.approval.ask"),
                "deny": self._config.texts("tools.approval.deny"),
                "otherwise": "allow",
            },
        }


def _settings(settings: UrlSettings) -> dict[str, object]:
    return {
        "enabled": settings.enabled,
        "allow_private": settings.allow_private,
        "allowed_domains": settings.allowed_domains,
        "blocked_domains": settings.blocked_domains,
        "private_domains": settings.private_domains,
        "allowed_schemes": settings.allowed_schemes,
        "allowed_ports": settings.allowed_ports,
        "allowed_methods": settings.allowed_methods,
        "allowed_headers": settings.allowed_headers,
    }
