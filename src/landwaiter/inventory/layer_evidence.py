"""Collects what the files of a layer say of packages: finds each file's analyser and runs it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

import msgspec

from landwaiter.images.tarstream import Member, MemberKind
from landwaiter.inventory import bounds
from landwaiter.inventory.analyser import Analyser, Content
from landwaiter.inventory.bounds import Bounded
from landwaiter.inventory.claims import with_owned
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.models import Evidence, Note
from landwaiter.inventory.reading import read_gathered, read_member, too_large
from landwaiter.inventory.relevance import is_program

_EXECUTE = 0o111
_SMALLEST_PROGRAM = 64

Restream = Callable[[], AbstractContextManager[Iterable[Member]]]
"""Opens the members of the same layer once more."""


class EvidenceCollector:
    """The evidence of one layer, by path; a later member of the same path replaces an earlier one."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._found: dict[str, tuple[Evidence, ...]] = {}
        self._gathered: dict[tuple[str, str], tuple[Analyser, dict[str, bytes]]] = {}
        self._gathered_size = 0
        self._packages = 0
        self._refused = 0
        self._links: dict[str, str] = {}
        self._links_refused = 0
        self._owned = 0
        self.silent: Bounded[str] = Bounded(bounds.MAX_LINKS, "files that may replace evidence")
        """Files that could have been evidence and are not, but may take the place of some in a lower layer."""

    def take(self, member: Member) -> bool:
        """Read a regular file, if an analyser wants it; False when its content is still to be had."""
        path = member.path
        if path in self._found:
            del self._found[path]
        analyser = self._dispatch.choose(path)
        if analyser:
            self._analyse(analyser, member)
        elif not member.mode & _EXECUTE or not (wanting := self._dispatch.executable(path)):
            return False
        elif member.size >= _SMALLEST_PROGRAM:
            self._execute(wanting, member)
        if path not in self._found and not is_program(path):
            self.silent.add(path)
        return True

    def take_link(self, path: str, target: str) -> None:
        """Take a hard link: it has the evidence of its target, which comes first if it is in this layer."""
        self.forget(path)
        if target in self._found:
            self._copy(path, target)
        elif self._dispatch.choose(path) is None:
            return
        elif len(self._links) < bounds.MAX_LINKS:
            self._links[path] = target
        else:
            self._links_refused += 1

    def forget(self, path: str) -> None:
        """Something that is no regular file has taken the place of `path`."""
        self._found.pop(path, None)
        self._links.pop(path, None)

    def finish(self, again: Restream | None) -> None:
        """Read what had to wait for the end of the layer.

        Hard links may point to a file with a name that says nothing, whose content is gone; `again` gives it once more.
        """
        for analyser, files in self._gathered.values():
            for evidence in read_gathered(analyser, files):
                self._keep(evidence.path, (evidence,))
        self._gathered.clear()
        for path, target in list(self._links.items()):
            if target in self._found:
                self._copy(path, self._links.pop(path))
        if again is not None:
            self._read_targets(again)

    def evidence(self) -> Iterator[Evidence]:
        """Yield all evidence, ordered by path."""
        for _, found in sorted(self._found.items()):
            yield from found

    @property
    def unresolved(self) -> dict[str, str]:
        """Hard links with an evidence-like name to files that are not in this layer."""
        return self._links

    def note(self) -> Note | None:
        """Return the note that says what was left out, None when nothing was."""
        if self._links_refused:
            return Note("too-many", f"The layer has {self._links_refused:,} hard links more than are followed.")
        if not self._refused:
            return None
        return Note(
            "too-many",
            f"The layer has more packages than are kept; {self._refused:,} files with packages were left out.",
        )

    def _analyse(self, analyser: Analyser, member: Member) -> None:
        if not analyser.gather:
            self._keep(member.path, read_member(analyser, member))
        elif member.size > analyser.limit or self._gathered_size + member.size > bounds.MAX_GATHERED:
            self._keep(member.path, too_large(analyser, member.path, member.size))
        else:
            self._gathered_size += member.size
            key = (analyser.name, member.path.rpartition("/")[0])
            self._gathered.setdefault(key, (analyser, {}))[1][member.path] = member.read(member.size)

    def _execute(self, wanting: tuple[Analyser, ...], member: Member) -> None:
        content = Content(member, 0)
        analyser = next((one for one in wanting if content.head.startswith(one.magics)), None)
        if analyser:
            content.limit = analyser.limit
            self._keep(member.path, read_member(analyser, member, content))

    def _keep(self, path: str, found: tuple[Evidence, ...]) -> None:
        if not found:
            return
        packages = sum(len(evidence.packages) for evidence in found)
        if len(self._found) >= bounds.MAX_EVIDENCE or self._packages + packages > bounds.MAX_PACKAGES:
            self._refused += 1
            return
        self._packages += packages
        self._found[path] = tuple(map(self._with_owned, found))

    def _with_owned(self, evidence: Evidence) -> Evidence:
        """Let go at once of most of what a database owns, where it owns more than any real one."""
        self._owned += len(evidence.owned)
        if self._owned <= bounds.MAX_OWNED_WHOLE:
            return evidence
        return with_owned(evidence, {path: owner for path, owner in evidence.owned.items() if is_program(path)})

    def _copy(self, path: str, target: str) -> None:
        self._keep(path, tuple(msgspec.structs.replace(evidence, path=path) for evidence in self._found[target]))

    def _read_targets(self, again: Restream) -> None:
        """Go through the layer once more for the targets of hard links that were passed over."""
        wanted: dict[str, list[str]] = {}
        for path, target in self._links.items():
            if self._dispatch.choose(target) is None:
                wanted.setdefault(target, []).append(path)
        if not wanted:
            return
        with again() as members:
            for member in members:
                if member.path in wanted and member.kind is MemberKind.FILE:
                    self._read_target(member, wanted[member.path])

    def _read_target(self, member: Member, paths: list[str]) -> None:
        first, *others = paths
        analyser = self._dispatch.choose(first)
        if analyser is None or analyser.gather:
            return
        self._keep(first, read_member(analyser, msgspec.structs.replace(member, path=first)))
        for path in paths:
            self._links.pop(path, None)
        if first in self._found:
            for path in others:
                self._copy(path, first)
