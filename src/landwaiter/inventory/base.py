"""The layers as the image's history describes them, and which of them come from the base image.

An image's config does not name its base. What shows it is the history: a Dockerfile sets CMD or ENTRYPOINT at its
end, so one that is followed by further instructions was the base image's. A history that does not fit the layers says
nothing.
"""

import re

from landwaiter.images.models import HistoryEntry, Image
from landwaiter.inventory.models import LayerSummary

_PREFIX = r"\A(?:/bin/sh -c )?(?:#\(nop\)\s+)?"
_START = re.compile(rf"{_PREFIX}(?:CMD|ENTRYPOINT)\b")
_METADATA = re.compile(
    rf"{_PREFIX}(?:CMD|ENTRYPOINT|ENV|LABEL|EXPOSE|USER|WORKDIR|VOLUME|STOPSIGNAL|HEALTHCHECK|SHELL|ONBUILD|MAINTAINER|ARG)\b"
)


def _creators(image: Image) -> list[str] | None:
    """Return what created each layer; None where the history does not fit the layers."""
    history = image.config.history or ()
    creators = [entry.created_by or entry.comment or "" for entry in history if not entry.empty_layer]
    return creators if len(creators) == len(image.layers) else None


def _is_metadata(entry: HistoryEntry) -> bool:
    return entry.empty_layer and bool(_METADATA.match(entry.created_by or ""))


def base_layers(image: Image) -> int | None:
    """Return how many of the lowest layers come from the base image; None where the history does not tell."""
    if _creators(image) is None:
        return None
    history = image.config.history or ()
    last = len(history)
    # The instructions at the very end that only set metadata are those of the image itself.
    while last and _is_metadata(history[last - 1]):
        last -= 1
    starts = [
        place
        for place, entry in enumerate(history[:last])
        if entry.empty_layer and _START.match(entry.created_by or "")
    ]
    if not starts:
        return None
    return sum(not entry.empty_layer for entry in history[: starts[-1] + 1])


def layer_summaries(image: Image) -> tuple[LayerSummary, ...]:
    """Return the layers of the image in order, with what the history says of each."""
    creators = _creators(image) or [""] * len(image.layers)
    base = base_layers(image)
    return tuple(
        LayerSummary(
            index, layer.diff_id, layer.digest, layer.size, creators[index], base=None if base is None else index < base
        )
        for index, layer in enumerate(image.layers)
    )
