"""Images: references, registries, archives and layouts, and the stream of a layer's members."""
