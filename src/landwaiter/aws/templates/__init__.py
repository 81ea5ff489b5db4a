"""The CloudFormation templates, as text."""

import re
from importlib.resources import files

_SECTION = re.compile(r"^Parameters:\n(?P<body>(?:[ #].*\n|\n)*)", re.MULTILINE)
_NAME = re.compile(r"^  (\w+):", re.MULTILINE)


def read(name: str) -> str:
    """The text of a template: "network" or "scanning"."""
    return files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def parameter_names(name: str) -> frozenset[str]:
    """The names of a template's parameters."""
    section = _SECTION.search(read(name))
    return frozenset(_NAME.findall(section["body"]) if section else ())
