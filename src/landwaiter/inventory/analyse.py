"""From one layer to its facts: a pure function of the layer's members, in one pass and within `bounds`."""

from collections.abc import Iterable, Iterator

from landwaiter.images.tarstream import Member, MemberKind, MemberStream
from landwaiter.inventory import bounds
from landwaiter.inventory.analysers import ANALYSERS, OS_ANALYSERS
from landwaiter.inventory.claims import restrict_owned
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.interest import TELLING_MODE, Interest
from landwaiter.inventory.layer_evidence import EvidenceCollector, Restream
from landwaiter.inventory.layer_files import FileCollector
from landwaiter.inventory.layer_links import WHITEOUT, LinkCollector
from landwaiter.inventory.models import LayerFacts, Note

_DISPATCH = Dispatch(ANALYSERS)
_OS_NAMES = frozenset(analyser.name for analyser in OS_ANALYSERS)
_SHOWN_NAMES = 3
_LONGEST_PATH = 4096
"""PATH_MAX of Linux: no container can open a longer path."""


class _Layer:
    """The collectors of one layer; each member goes to those whom its kind concerns."""

    def __init__(self) -> None:
        self.evidence = EvidenceCollector(_DISPATCH)
        self.links = LinkCollector(_DISPATCH)
        self.files = FileCollector()
        self.interest = Interest(_DISPATCH)
        self.entries = self.size = self.too_long = 0

    def take(self, member: Member) -> None:
        self.entries += 1
        self.size += member.size
        path = member.path
        if len(path) > _LONGEST_PATH:
            self.too_long += 1
            return
        if member.kind is MemberKind.FILE:
            if member.mode & TELLING_MODE or self.interest.may_matter(path):
                self._take_file(member)
            elif WHITEOUT not in path or not self.links.take_whiteout(path):
                self.evidence.forget(path)
        elif member.kind is MemberKind.FOLDER:
            self.links.take_folder(path)
            self.files.take_folder(member)
        elif member.kind is MemberKind.HARDLINK:
            self.evidence.take_link(path, member.target)
            self.links.take_name(path)
        else:
            self.evidence.forget(path)
            if member.kind is MemberKind.SYMLINK:
                self.links.take_symlink(path, member.target)

    def _take_file(self, member: Member) -> None:
        if WHITEOUT in member.path and self.links.take_whiteout(member.path):
            return
        self.links.take_file(member)
        self.files.take(member)
        if self.evidence.take(member):
            self.interest.remember(member.path)
        else:
            self.files.take_content(member)


def analyse_layer(diff_id: str, members: Iterable[Member], *, again: Restream | None = None) -> LayerFacts:
    """Return the facts of the layer named `diff_id`.

    `again` opens the layer once more. It is used only where hard links with the name of evidence lead to files of the
    layer with other names; without it these are left to coalescing. Raises whatever the members' stream raises.
    """
    layer = _Layer()
    notes: list[Note | None] = []
    beyond = 0
    if isinstance(members, MemberStream):
        members.ignores = layer.interest.ignores
    for member in members:
        if layer.entries < bounds.MAX_MEMBERS:
            layer.take(member)
        else:
            # Go on to the end nevertheless: only then has the reader verified the layer.
            beyond += 1
    if isinstance(members, MemberStream):
        layer.entries += members.ignored
        layer.size += members.ignored_size
    if layer.too_long:
        notes.append(Note("path-refused", f"{layer.too_long:,} members have paths that are too long for any system."))
    if beyond:
        notes.append(
            Note("too-many", f"The layer has {beyond:,} members more than are looked at ({bounds.MAX_MEMBERS:,}).")
        )
    layer.evidence.finish(again)
    evidence, programs = restrict_owned(
        tuple(layer.evidence.evidence()), layer.links.programs.items, _DISPATCH, _OS_NAMES
    )
    links, files = layer.links, layer.files
    notes += [layer.evidence.note(), *files.notes(), *_stream_notes(members)]
    notes += [kept.note() for kept in (links.whiteouts, links.opaque, links.symlinks, links.replaced, links.programs)]
    notes.append(layer.evidence.silent.note())
    return LayerFacts(
        diff_id,
        evidence=evidence,
        whiteouts=tuple(links.whiteouts.items),
        opaque=tuple(links.opaque.items),
        symlinks=dict(links.symlinks.items),
        hardlinks=layer.evidence.unresolved,
        replaced=tuple(dict.fromkeys((*links.replaced.items, *layer.evidence.silent.items))),
        folders=tuple(links.folders),
        programs=programs,
        unprivileged=tuple(links.unprivileged[: bounds.MAX_FILE_FACTS]),
        traces=links.traces,
        setuid=tuple(files.setuid.items),
        accounts=files.accounts,
        notable=files.notable,
        secrets=tuple(files.secrets.items),
        notes=tuple(note for note in notes if note),
        entries=layer.entries,
        size=layer.size,
    )


def _stream_notes(members: Iterable[Member]) -> Iterator[Note]:
    """Yield what the reader of the layer had to leave out."""
    if not isinstance(members, MemberStream):
        return
    if members.refused_count:
        shown = ", ".join(repr(name[:200]) for name in members.refused[:_SHOWN_NAMES])
        yield Note(
            "path-refused", f"{members.refused_count:,} members lead out of the root and were left out: {shown}."
        )
    for path in members.unreadable[: bounds.MAX_NOTES]:
        yield Note("unreadable-file", "The file may not be read.", path)
    if len(members.unreadable) > bounds.MAX_NOTES:
        yield Note("too-many", f"{len(members.unreadable):,} files may not be read.")
