"""The commands' faces: help, flags, and what is refused before AWS is asked."""

import pytest
from click.testing import CliRunner

from landwaiter.cli.aws.main import aws

COMMANDS = [
    ("plan",), ("up",), ("status",), ("down",), ("network", "up"), ("network", "status"), ("network", "down"),
    ("stack", "up"), ("stack", "status"), ("stack", "down"),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_an_example_and_all_settings(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(aws, [*command, "--help"]).output
    assert "Example" in shown
    assert f"landwaiter aws {' '.join(command)}" in shown
    for flag in ("--config", "--platform-url", "--region", "--profile", "--format"):
        assert flag in shown
    assert ("--yes" in shown) is (command[-1] in {"up", "down"})
    # Secrets never are flags.
    assert "-token" not in shown


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--zones", "3"), "--zones"),
        (("--tag", "owner"), "NAME=VALUE"),
        (("--parameter", "=x"), "NAME=VALUE"),
        (("--sweep-minutes", "1"), "--sweep-minutes"),
        (("--frmat", "json"), "--format"),
    ],
)
def test_flags_that_are_wrong(flags: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(aws, ["up", *flags])
    assert result.exit_code == 2
    assert said in result.output
