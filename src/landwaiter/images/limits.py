"""How much a hostile image may cost us. Every limit is generous for real images and ends a bomb within bounded time."""

import msgspec

MIB = 1 << 20
GIB = 1 << 30


class Limits(msgspec.Struct, frozen=True):
    """Upper bounds, in bytes unless said otherwise; going over one raises InputError."""

    document: int = 4 * MIB
    """A manifest or index (the distribution spec asks registries to take 4 MiB)."""
    config: int = 16 * MIB
    """An image config, or the manifest list of a Docker archive."""
    expanded_floor: int = 8 * GIB
    """A layer may always expand to this much ..."""
    expansion: int = 200
    """... and beyond it to this many times its stored size ..."""
    expanded: int = 256 * GIB
    """... but never to more than this (Fargate gives a task 200 GiB of storage at most)."""
    members: int = 5_000_000
    """Members of one layer (a count)."""
    header: int = MIB
    """A pax header or GNU long name, as in Go's archive/tar."""
    stall_seconds: float = 60.0
    """A registry that sends nothing for so long is given up (and asked once more, from where it stopped)."""


DEFAULT_LIMITS = Limits()
