"""The one interface of a feed: a name, and a function that reads the feed's part of a folder.

A folder of feeds is laid out as the public feeds are; see docs/reference/advisories.md. A reader never raises for bad
content: it yields `Quarantined` and goes on.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from landwaiter.advisories.models import Fact


class Feed(msgspec.Struct, frozen=True):
    """One feed: `name`, where its files lie below the feeds folder, and how they are read.

    `read` is given the feeds folder and yields what it finds; nothing when its part is absent. `bundled` is False for
    feeds whose licence leaves the decision to the operator: they are read only when asked for by name.
    """

    name: str
    read: Callable[[Path], Iterator[Fact]]
    bundled: bool = True
