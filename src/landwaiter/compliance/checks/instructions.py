"""The Dockerfile instructions that an image's history still shows, and whether it shows them all.

Builders write `created_by` in their own ways: the classic builder and Buildah `/bin/sh -c #(nop)  CMD ["x"]` and
`|1 ARG=value /bin/sh -c command`, BuildKit `RUN |1 ARG=value /bin/sh -c command # buildkit` and
`COPY . /app # buildkit`.
Builders without a Dockerfile (ko, Bazel, Jib, Nix, Buildpacks, apko) write what they like, or nothing.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from landwaiter.images.models import HistoryEntry, ImageConfig

_KEYWORDS = (
    "ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER"
    "|VOLUME|WORKDIR"
)
_INSTRUCTION = re.compile(rf"(?P<keyword>{_KEYWORDS})\b[ \t]*(?P<text>.*)\Z", re.DOTALL | re.IGNORECASE)
_BUILDKIT = "# buildkit"
_NO_COMMAND = re.compile(r"(?:/bin/sh -c|cmd /S /C|powershell\b[^#]*)\s*#\(nop\)\s*", re.IGNORECASE)
_ARGUMENTS = re.compile(r"\|\d+ ")
_SHELL = re.compile(
    r"(?:/(?:usr/)?bin/)?(?:ba|da|a|z|k)?sh(?: --?[A-Za-z-]+(?: pipefail)?){0,8}? -[a-z]*c "
    r"|cmd /S /C |powershell(?:\.exe)? .{0,400}?-Command ",
    re.IGNORECASE,
)
_SHELL_WITHIN = re.compile(rf"(?:^|\s)(?:{_SHELL.pattern})", re.IGNORECASE)
_ARGUMENTS_LENGTH = 20_000


class Instruction(msgspec.Struct, frozen=True):
    """One instruction; `keyword` in upper case, `text` what follows it (of a RUN: the script without its shell).

    `inherited` tells that it seems to stem from the base image.
    """

    keyword: str
    text: str
    inherited: bool = False


class BuildHistory(msgspec.Struct, frozen=True):
    """The instructions in order; `gap` says in a sentence why they are not all there, "" when they are."""

    instructions: tuple[Instruction, ...]
    gap: str = ""


def build_history(config: ImageConfig) -> BuildHistory:
    """Read the history of an image config. Never raises: what cannot be read becomes the history's `gap`."""
    return _read(config.history or (), len(config.rootfs.diff_ids))


@lru_cache(maxsize=8)
def _read(history: tuple[HistoryEntry, ...], layers: int) -> BuildHistory:
    base = _last_of_base(history)
    found: list[Instruction] = []
    unknown: list[bool] = []
    for index, entry in enumerate(history):
        instruction = parse_instruction(entry.created_by or "", inherited=index <= base)
        if instruction is not None:
            found.append(instruction)
        if not entry.empty_layer:
            unknown.append(instruction is None)
    return BuildHistory(tuple(found), _gap(history, found, unknown, layers))


def parse_instruction(created_by: str, *, inherited: bool = False) -> Instruction | None:
    """Read one `created_by`; None where it is no instruction of a Dockerfile."""
    line = created_by.strip().removesuffix(_BUILDKIT).strip()
    no_command = _NO_COMMAND.match(line)
    if no_command:
        line = line[no_command.end() :]
    match = _INSTRUCTION.match(line)
    if match and (match["keyword"].isupper() or no_command):
        keyword = match["keyword"].upper()
        text = _script(match["text"]) if keyword == "RUN" else match["text"]
        return Instruction(keyword, text.strip(), inherited)
    if no_command is None and (_ARGUMENTS.match(line) or _SHELL.match(line)):
        return Instruction("RUN", _script(line).strip(), inherited)
    return None


def _script(line: str) -> str:
    """Strip `|2 A=1 B=2` (the build arguments) and the shell from the command of a RUN."""
    if _ARGUMENTS.match(line):
        shell = _SHELL_WITHIN.search(line, 0, _ARGUMENTS_LENGTH)
        return line[shell.end() :] if shell else line
    shell = _SHELL.match(line)
    return line[shell.end() :] if shell else line


def _last_of_base(history: Sequence[HistoryEntry]) -> int:
    """Guess the index of the base image's last entry: the last CMD or ENTRYPOINT that a layer follows; -1 if none."""
    above_a_layer = False
    for index in range(len(history) - 1, -1, -1):
        entry = history[index]
        if not entry.empty_layer:
            above_a_layer = True
        elif above_a_layer:
            instruction = parse_instruction(entry.created_by or "")
            if instruction and instruction.keyword in {"CMD", "ENTRYPOINT"}:
                return index
    return -1


def _gap(history: Sequence[HistoryEntry], found: Sequence[Instruction], unknown: Sequence[bool], layers: int) -> str:
    if not history:
        return "The image has no history."
    if not found:
        return "The history was not written by the build of a Dockerfile."
    if sum(entry.author == "kaniko" and not entry.empty_layer for entry in history) == 1:
        return "Kaniko wrote one line of history for its whole build."
    # The lowest layer is the root file system that a distribution was imported from; no Dockerfile made it.
    lost = sum(unknown[1:]) + max(0, layers - len(unknown))
    return f"The history does not tell how {lost} of {layers} layers were made." if lost else ""
