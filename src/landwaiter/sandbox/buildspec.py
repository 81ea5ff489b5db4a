"""The build specification of a CodeBuild project, version 0.2, as far as it is run here.

Source: AWS CodeBuild User Guide, "Build specification reference for CodeBuild". Read are `env` (shell, variables,
parameter-store, secrets-manager) and `phases` (commands, finally, on-failure); `runtime-versions` chooses among the
interpreters of CodeBuild's image and has no meaning here, artifacts and caches are not made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from landwaiter.errors import InputError

PHASES = ("install", "pre_build", "build", "post_build")
_SHELLS = {"sh": "/bin/sh", "bash": "bash", "/bin/sh": "/bin/sh", "/bin/bash": "bash"}


@dataclass(frozen=True, slots=True)
class Phase:
    """The commands of one phase. `keep_going` when its failure does not stop the build (`on-failure: CONTINUE`)."""

    name: str
    commands: tuple[str, ...] = ()
    finally_commands: tuple[str, ...] = ()
    keep_going: bool = False


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """A parsed specification; `phases` always holds all four, in order."""

    shell: str
    phases: tuple[Phase, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> BuildSpec:
    """Read a build specification. Raises `InputError` naming what is wrong, as CodeBuild's YAML_FILE_ERROR does."""
    try:
        # Makes texts, lists and mappings only: a command `false` is the text, as it is to CodeBuild.
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - see above
    except yaml.YAMLError as error:
        raise InputError(f"YAML_FILE_ERROR: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("phases"), dict):
        raise InputError("YAML_FILE_ERROR: the buildspec has no phases.")
    unknown = set(document["phases"]) - set(PHASES)
    if unknown:
        raise InputError(f"YAML_FILE_ERROR: unknown phase {min(unknown)!r}.")
    environment = document.get("env") or {}
    if not isinstance(environment, dict) or any(
        not isinstance(value or {}, dict) for value in document["phases"].values()
    ):
        raise InputError("YAML_FILE_ERROR: env and every phase must be mappings.")
    shell = _SHELLS.get(str(environment.get("shell", "sh")))
    if shell is None:
        raise InputError(f"YAML_FILE_ERROR: the shell {environment['shell']!r} is not available.")
    return BuildSpec(
        shell=shell,
        phases=tuple(_phase(name, document["phases"].get(name) or {}) for name in PHASES),
        variables=_texts(environment.get("variables")),
        secrets=_texts(environment.get("secrets-manager")),
        parameters=_texts(environment.get("parameter-store")),
    )


def _phase(name: str, value: Mapping[str, Any]) -> Phase:
    return Phase(
        name=name,
        commands=_commands(name, value.get("commands")),
        finally_commands=_commands(name, value.get("finally")),
        keep_going=str(value.get("on-failure", "ABORT")).upper() == "CONTINUE",
    )


def _commands(phase: str, value: object) -> tuple[str, ...]:
    commands = [value] if isinstance(value, str) else value or []
    if not isinstance(commands, list) or not all(isinstance(command, str) for command in commands):
        raise InputError(f"YAML_FILE_ERROR: the commands of phase {phase} must be a list of texts.")
    return tuple(commands)


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}
