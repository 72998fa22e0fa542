"""The tree of errors: what a message says and how a command ends."""

from __future__ import annotations

from clawft.core.errors import (
    EXIT_DENIED,
    EXIT_FAILED,
    EXIT_USAGE,
    BudgetExceeded,
    ConfigError,
    PolicyDenied,
    ProviderError,
    ToolError,
    UsageError,
    WeftError,
)


def test_a_config_error_names_key_expectation_finding_and_remedy() -> None:
    error = ConfigError("agents.defaults.max_tokens", "a whole number", '"many"', "write it without quotes")
    assert str(error) == (
        'agents.defaults.max_tokens: expected a whole number, found "many"; write it without quotes'
    )
    assert error.path == "agents.defaults.max_tokens"


def test_a_hint_that_is_empty_leaves_no_trace() -> None:
    assert str(ConfigError("a.b", "text", "3")) == "a.b: expected text, found 3"


def test_each_error_says_how_a_command_ends() -> None:
    assert WeftError("x").exit_code == EXIT_FAILED
    assert UsageError("x").exit_code == EXIT_USAGE
    assert ConfigError("a", "b", "c").exit_code == EXIT_USAGE
    assert PolicyDenied("paths", "/etc/passwd", "outside the workspace").exit_code == EXIT_DENIED
    assert ToolError("x").exit_code == EXIT_FAILED


def test_every_error_is_caught_as_ours_and_by_its_own_name() -> None:
    for error in (
        UsageError("u"),
        PolicyDenied("r", "s", "t"),
        ProviderError("timeout", "late", retryable=True),
    ):
        try:
            raise error
        except WeftError as caught:
            assert caught is error
            assert caught.message == str(error)


def test_a_reached_limit_is_told_in_dollars() -> None:
    error = BudgetExceeded("limits.day_usd", 1.5, 1.50004)
    assert (
        str(error)
        == "limits.day_usd: the limit of $1.5000 is reached ($1.5000 spent); raise limits.day_usd or wait"
    )
