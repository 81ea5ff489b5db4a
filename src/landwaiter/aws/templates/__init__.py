"""The CloudFormation templates, as text."""

from importlib.resources import files


def read(name: str) -> str:
    """The text of a template: "network" or "scanning"."""
    return files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
