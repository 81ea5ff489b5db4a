"""Collects what a layer does to the layers below it, and what its names tell: whiteouts, links, programs, traces."""

from landwaiter.images.tarstream import Member
from landwaiter.inventory import bounds, relevance
from landwaiter.inventory.bounds import Bounded
from landwaiter.inventory.dispatch import Dispatch

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
"""OCI image spec, layer.md, section "Whiteouts"."""
_META = ".wh..wh."
"""Names of the aufs file system itself, which say nothing of the image."""
_EXECUTE, _SETID = 0o111, 0o6000


class LinkCollector:
    """What coalescing needs to know of one layer besides its evidence."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self.whiteouts: Bounded[str] = Bounded(bounds.MAX_WHITEOUTS, "whiteouts")
        self.opaque: Bounded[str] = Bounded(bounds.MAX_WHITEOUTS, "opaque folders")
        self.symlinks: Bounded[tuple[str, str]] = Bounded(bounds.MAX_LINKS, "symbolic links that may matter")
        self.replaced: Bounded[str] = Bounded(bounds.MAX_LINKS, "files that may replace folders")
        self.programs: Bounded[str] = Bounded(bounds.MAX_PROGRAMS, "programs in the distribution's folders")
        self.unprivileged: list[str] = []
        self.folders: dict[str, None] = {}
        self._traces: dict[str, str] = {}

    def take_whiteout(self, path: str) -> bool:
        """Take a file whose name may be a whiteout's; False when it is none."""
        folder, _, name = path.rpartition("/")
        if not name.startswith(WHITEOUT):
            return False
        if name == OPAQUE:
            self.opaque.add(folder)
        elif not name.startswith(_META) and (hidden := name[len(WHITEOUT) :]) not in ("", ".", ".."):
            self.whiteouts.add(f"{folder}/{hidden}" if folder else hidden)
        return True

    def take_file(self, member: Member) -> None:
        """Take a regular file by its name and mode."""
        path = member.path
        if member.mode & _EXECUTE and relevance.is_program(path):
            self.programs.add(path)
            if not member.mode & _SETID and relevance.is_commonly_setuid(path):
                self.unprivileged.append(path)
        if relevance.may_replace(path):
            self.replaced.add(path)
        self.take_name(path)

    def take_folder(self, path: str) -> None:
        """Take a folder."""
        if relevance.is_folder_of_interest(path):
            self.folders[path] = None

    def take_symlink(self, path: str, target: str) -> None:
        """Take a symbolic link."""
        if relevance.may_replace(path) or relevance.is_link_of_interest(path) or self._dispatch.choose(path):
            self.symlinks.add((path, target))
        self.take_name(path)

    def take_name(self, path: str) -> None:
        """Take the name of anything but a folder."""
        trace = relevance.trace_of(path)
        if trace:
            self._traces.setdefault(trace, path)

    @property
    def traces(self) -> tuple[str, ...]:
        """One path for each kind of trace, with what it tells: `bin/busybox (busybox)`."""
        return tuple(sorted(f"{path} ({trace})" for trace, path in self._traces.items()))
