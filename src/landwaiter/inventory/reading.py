"""Runs an analyser over one file, and lets nothing but a damaged layer escape it."""

import hashlib
from collections.abc import Callable, Mapping

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.tarstream import Member
from landwaiter.inventory.analyser import Analyser, Content, Found, TooLargeError
from landwaiter.inventory.models import Evidence, Note, PackageFact
from landwaiter.inventory.os.stanzas import MAX_FIELD
from landwaiter.inventory.relevance import may_belong_to_os

_DIGESTED = 64 * 1024
"""Up to this size, in bytes, a file's digests are kept to compare with those of the package manager."""
_MAX_TEXT = 4096
_MAX_LICENSES = 50
_MAX_REASON = 500
_MAX_NOTES = 50


def read_member(analyser: Analyser, member: Member, content: Content | None = None) -> tuple[Evidence, ...]:
    """Read one file; what the analyser cannot understand becomes an unreadable evidence.

    `content` is given where the beginning of the member has been read already. Errors of the layer's stream are raised.
    """
    if analyser.stream is not None:
        return _read_stream(analyser, content or Content(member, analyser.limit))
    if member.size > analyser.limit:
        return too_large(analyser, member.path, member.size)
    whole = content.whole() if content else member.read(member.size)
    return read_content(analyser, member.path, whole)


def read_content(analyser: Analyser, path: str, content: bytes) -> tuple[Evidence, ...]:
    """Read a file's content by an analyser with `read`."""
    reader = analyser.read
    if reader is None:
        return ()
    found = _guard(analyser, path, lambda: reader(path, content))
    if len(content) <= _DIGESTED and may_belong_to_os(path):
        digests = digests_of(content)
        return tuple(
            msgspec.structs.replace(evidence, digests=digests) if evidence.packages else evidence for evidence in found
        )
    return found


def read_gathered(analyser: Analyser, files: Mapping[str, bytes]) -> tuple[Evidence, ...]:
    """Read the files of one folder that belong together."""
    gather = analyser.gather
    return _guard(analyser, min(files), lambda: gather(files)) if gather else ()


def too_large(analyser: Analyser, path: str, size: int) -> tuple[Evidence, ...]:
    """Return the evidence that a file was not read for its size."""
    reason = f"The file has {size:,} bytes; at most {analyser.limit:,} are read."
    if analyser.quiet:
        return ()
    return (Evidence(path, analyser.name, unreadable=reason, notes=(Note("too-large", reason, path),)),)


def digests_of(content: bytes) -> tuple[str, ...]:
    """Return the beginnings of the content's digests, written as in `Evidence.digests`."""
    return tuple(
        f"{name}:{hashlib.new(name, content, usedforsecurity=False).hexdigest()[:16]}"
        for name in ("md5", "sha1", "sha256")
    )


def _read_stream(analyser: Analyser, content: Content) -> tuple[Evidence, ...]:
    stream = analyser.stream
    if stream is None:
        return ()
    found = _guard(analyser, content.path, lambda: stream(content))
    if content.failure:
        raise content.failure
    return found


def _guard(analyser: Analyser, path: str, read: Callable[[], Found]) -> tuple[Evidence, ...]:
    try:
        found = read()
    except TooLargeError as error:
        notes = (Note("too-large", error.what, path),)
        return () if analyser.quiet else (Evidence(path, analyser.name, unreadable=error.what, notes=notes),)
    except InputError as error:
        return (Evidence(path, analyser.name, unreadable=error.what[:_MAX_REASON]),)
    except Exception as error:  # noqa: BLE001 - a hostile file must cost its own evidence, never the whole scan
        return (
            Evidence(path, analyser.name, unreadable=f"It cannot be read as {analyser.name} ({type(error).__name__})."),
        )
    if found is None:
        return ()
    return tuple(_admit(evidence) for evidence in (found if isinstance(found, tuple) else (found,)))


def _sane(package: PackageFact) -> bool:
    return (
        0 < len(package.name) <= MAX_FIELD
        and len(package.version) <= MAX_FIELD
        and len(package.path) <= 4 * _MAX_TEXT
        and max(len(package.arch), len(package.source_name), len(package.source_version), len(package.modularity))
        <= MAX_FIELD
        and len(package.vendor) <= _MAX_TEXT
        and len(package.purl) <= _MAX_TEXT
    )


def _admit(evidence: Evidence) -> Evidence:
    """Keep out packages whose fields are absurdly long, with a note; cut licences to size."""
    if len(evidence.notes) > _MAX_NOTES:
        evidence = msgspec.structs.replace(evidence, notes=evidence.notes[:_MAX_NOTES])
    packages = evidence.packages
    if not all(map(_sane, packages)):
        kept = tuple(filter(_sane, packages))
        reason = f"{len(packages) - len(kept):,} packages have names or versions of absurd length and are left out."
        evidence = msgspec.structs.replace(
            evidence, packages=kept, notes=(*evidence.notes, Note("unreadable-file", reason, evidence.path))
        )
    if any(
        len(package.licenses) > _MAX_LICENSES or any(len(text) > _MAX_TEXT for text in package.licenses)
        for package in packages
    ):
        trimmed = (
            msgspec.structs.replace(
                package, licenses=tuple(text[:_MAX_TEXT] for text in package.licenses[:_MAX_LICENSES])
            )
            for package in evidence.packages
        )
        evidence = msgspec.structs.replace(evidence, packages=tuple(trimmed))
    return evidence
