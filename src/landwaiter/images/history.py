"""An image's history as the Dockerfile instructions that it was built from, with the layers that they made.

The builders write `created_by` in forms of their own: Docker's classic builder and Buildah as
`/bin/sh -c #(nop)  CMD ["x"]` and `|1 ARG=value /bin/sh -c command`, BuildKit as `RUN /bin/sh -c command # buildkit`
and `COPY . /app # buildkit`. Builders without a Dockerfile (ko, Bazel, Jib, Nix, Buildpacks) write what they like.
"""

import re
from collections.abc import Sequence

import msgspec

from landwaiter.images.models import HistoryEntry, ImageConfig

_KEYWORDS = (
    "ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER"
    "|VOLUME|WORKDIR"
)
_INSTRUCTION = re.compile(rf"({_KEYWORDS})(?:\s+(.*))?\Z", re.DOTALL)
_NO_COMMAND = re.compile(r"(?:/bin/sh -c|cmd /S /C)\s+#\(nop\)\s*", re.IGNORECASE)
_ARGUMENTS = re.compile(r"\|\d+ ")
_SHELL = re.compile(
    r"(?:/(?:usr/)?bin/)?(?:ba|da|a)?sh (?:-[a-z]+ |-o pipefail ){0,8}?-[a-z]*c |cmd /S /C ", re.IGNORECASE
)
_LONGEST_ARGUMENTS = 20_000
_STARTS = frozenset({"CMD", "ENTRYPOINT"})


class Instruction(msgspec.Struct, frozen=True):
    """One instruction; `text` is what follows the keyword (of a RUN the script without its shell).

    `keyword` is "" where the entry is no Dockerfile instruction; `text` is then the whole entry. `layer` is the index
    of the layer that it made, None where it made none or where the history does not fit the layers. `inherited` says
    that it seems to come from the base image.
    """

    keyword: str
    text: str
    layer: int | None = None
    inherited: bool = False


def read_history(config: ImageConfig) -> tuple[Instruction, ...]:
    """Return the instructions in the order of the build; empty where the image has no history."""
    history = config.history or ()
    parsed = [parse_created_by(entry.created_by or entry.comment or "") for entry in history]
    fits = sum(not entry.empty_layer for entry in history) == len(config.rootfs.diff_ids)
    base = _base_end(history, parsed)
    steps, layer = [], 0
    for place, (entry, one) in enumerate(zip(history, parsed, strict=True)):
        made = None if entry.empty_layer or not fits else layer
        layer += not entry.empty_layer
        steps.append(Instruction(one.keyword, one.text, made, place < base))
    return tuple(steps)


def base_layers(config: ImageConfig) -> int | None:
    """Return how many of the lowest layers seem to come from the base image; None where the history does not tell.

    A Dockerfile sets CMD or ENTRYPOINT near its end, so one that a later layer follows belongs to the base image.
    """
    steps = read_history(config)
    if not any(step.inherited for step in steps) or all(step.layer is None for step in steps):
        return None
    return sum(step.inherited and step.layer is not None for step in steps)


def parse_created_by(created_by: str) -> Instruction:
    """Read one `created_by`, in any of the builders' forms."""
    line = created_by.strip().removesuffix("# buildkit").rstrip()
    declared = _NO_COMMAND.match(line)
    if declared:
        line = line[declared.end() :]
    match = _INSTRUCTION.match(line)
    if match:
        text = match[2] or ""
        return Instruction(match[1], (_script(text) if match[1] == "RUN" else text).strip())
    if not declared and (_ARGUMENTS.match(line) or _SHELL.match(line)):
        return Instruction("RUN", _script(line).strip())
    return Instruction("", line)


def _script(text: str) -> str:
    """Return the script of a RUN without build arguments (`|2 A=1 B=2 `) and shell in front of it."""
    shell = _SHELL.search(text, 0, _LONGEST_ARGUMENTS) if _ARGUMENTS.match(text) else _SHELL.match(text)
    return text[shell.end() :] if shell else text


def _base_end(history: Sequence[HistoryEntry], parsed: Sequence[Instruction]) -> int:
    """Return how many entries seem to be the base image's: up to the last CMD or ENTRYPOINT below another layer."""
    below_a_layer = False
    for place in range(len(history) - 1, -1, -1):
        if not history[place].empty_layer:
            below_a_layer = True
        elif below_a_layer and parsed[place].keyword in _STARTS:
            return place + 1
    return 0
