"""The Dockerfile instructions that an image's history still shows, and whether it shows them all.

Builders without a Dockerfile (ko, Bazel, Jib, Nix, Buildpacks, apko) write what they like, or nothing; squashing and
single snapshots lose lines. A check must not take such a history for one without faults.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from landwaiter.compliance.checks.shell import Command, commands
from landwaiter.images.history import Instruction, read_history
from landwaiter.images.models import HistoryEntry, ImageConfig, RootFs

LARGEST = 1 << 20
"""Characters of a history that are read; real ones have a few thousand."""
_TOO_LONG = "The history is longer than any build's."
_SHELL = re.compile(
    r"(?:/(?:usr/)?bin/)?(?:ba|da|a|z|k)?sh(?: --?[A-Za-z-]+(?: pipefail)?){0,8}? -[a-z]*c (?!['\"])"
    r"|powershell(?:\.exe)? .{0,400}?-Command ",
    re.IGNORECASE,
)
"""A shell of SHELL instructions with options of its own: `/bin/bash -euxo pipefail -c `."""


class Run(msgspec.Struct, frozen=True):
    """A RUN instruction and the commands of its script."""

    instruction: Instruction
    commands: tuple[Command, ...]


class BuildHistory(msgspec.Struct, frozen=True):
    """The instructions in order, and the RUNs among them; `gap` says why they are not all there, "" when they are."""

    instructions: tuple[Instruction, ...]
    runs: tuple[Run, ...] = ()
    gap: str = ""


def build_history(config: ImageConfig) -> BuildHistory:
    """Read the history of an image config. Never raises: what cannot be read becomes the history's `gap`."""
    return _read(config.history or (), config.rootfs)


@lru_cache(maxsize=8)
def _read(history: tuple[HistoryEntry, ...], rootfs: RootFs) -> BuildHistory:
    entries = read_entries(history)
    steps = [_without_shell(step) for step in read_history(ImageConfig(history=entries, rootfs=rootfs))]
    gap = _gap(entries, steps, len(rootfs.diff_ids)) if len(entries) == len(history) else _TOO_LONG
    instructions = tuple(step for step in steps if step.keyword)
    runs = tuple(Run(step, tuple(commands(step.text))) for step in instructions if step.keyword == "RUN")
    return BuildHistory(instructions, runs, gap)


def read_entries(history: Sequence[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """Return the entries from the first on that have at most `LARGEST` characters together."""
    left = LARGEST
    for index, entry in enumerate(history):
        left -= len(entry.created_by or "") + len(entry.comment or "") + 1
        if left < 0:
            return tuple(history[:index])
    return tuple(history)


def _without_shell(step: Instruction) -> Instruction:
    """Strip a shell that is still in front of a RUN's script; what begins with one is a RUN."""
    shell = _SHELL.match(step.text) if step.keyword in {"RUN", ""} else None
    return msgspec.structs.replace(step, keyword="RUN", text=step.text[shell.end() :]) if shell else step


def _gap(history: Sequence[HistoryEntry], steps: Sequence[Instruction], layers: int) -> str:
    if not history:
        return "The image has no history."
    if not any(step.keyword for step in steps):
        return "The history was not written by the build of a Dockerfile."
    made = [(entry, step) for entry, step in zip(history, steps, strict=True) if not entry.empty_layer]
    if sum(entry.author == "kaniko" for entry, _ in made) == 1:
        return "Kaniko wrote one line of history for its whole build."
    # The lowest layer is the root file system that a distribution was imported from; no Dockerfile made it.
    lost = sum(not step.keyword for _, step in made[1:]) + max(0, layers - len(made))
    return f"The history does not tell how {lost} of {layers} layers were made." if lost else ""
