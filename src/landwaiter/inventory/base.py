"""The layers of an image as its history describes them, and which of them come from the base image."""

from landwaiter.images.history import base_layers
from landwaiter.images.models import Image
from landwaiter.inventory.models import LayerSummary


def layer_summaries(image: Image) -> tuple[LayerSummary, ...]:
    """Return the layers of the image in order, with what the history says of each; `base` is None where it does not."""
    creators = _creators(image) or [""] * len(image.layers)
    base = base_layers(image.config)
    return tuple(
        LayerSummary(
            index, layer.diff_id, layer.digest, layer.size, creators[index], base=None if base is None else index < base
        )
        for index, layer in enumerate(image.layers)
    )


def _creators(image: Image) -> list[str] | None:
    """Return what created each layer; None where the history does not fit the layers."""
    history = image.config.history or ()
    creators = [entry.created_by or entry.comment or "" for entry in history if not entry.empty_layer]
    return creators if len(creators) == len(image.layers) else None
