"""The commands that the documentation shows exist, with the options it gives them."""

import re
import shlex
from pathlib import Path

import click
import pytest

from landwaiter.cli.main import cli

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
_CODE = re.compile(
    r"^```(?:console|bash|sh|shell|)\n(?P<block>.*?)^```|^(?P<indented>(?: {4}.*\n)+)", re.MULTILINE | re.DOTALL
)
_COMMAND = re.compile(r"^\s*(?:\$ )?(?:\w+=\S+ )*(?:\S*/)?landwaiter (?P<rest>[a-z].*)$")


def shown(page: Path) -> list[str]:
    """Command lines of the code blocks of a page, without the command's own name and what a shell does with it."""
    found = []
    for code in _CODE.finditer(page.read_text()):
        text = (code["block"] or code["indented"]).replace("\\\n", " ")
        found += [match["rest"] for line in text.splitlines() if (match := _COMMAND.match(line))]
    return [re.split(r" #|\||&&|;|2>|>", line)[0].strip() for line in found]


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
    return command, words


def options_of(command: click.Command) -> set[str]:
    return {name for one in command.get_params(click.Context(command)) for name in (*one.opts, *one.secondary_opts)}


CASES = [pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in dict.fromkeys(shown(page))]


def test_the_documentation_shows_commands() -> None:
    assert len(CASES) > 5


@pytest.mark.parametrize("line", CASES)
def test_a_command_that_is_shown_exists_with_its_options(line: str) -> None:
    command, words = resolve([word for word in shlex.split(line) if word not in {"…", "..."}])
    known = options_of(command)
    for word in words:
        if word.startswith("-") and len(word) > 1:
            assert word.partition("=")[0] in known, f"{command.name} has no option {word}"
