"""A root file system folder as an image of one layer. Links are reported, never followed."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from landwaiter.errors import InputError
from landwaiter.images.digest import digest_of
from landwaiter.images.limits import Limits
from landwaiter.images.members import Member, MemberKind, MemberStream, first_bytes
from landwaiter.images.models import Image, ImageConfig, Layer, RootFs
from landwaiter.images.platform import Platform
from landwaiter.images.sources import CHUNK

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAX_DEPTH = 256


class RootfsSource:
    """A folder as an image; `ImageSource` says what its parts promise."""

    def __init__(self, folder: Path, target: str, platform: Platform, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        name = digest_of(str(folder.resolve()).encode("utf-8", "surrogateescape"))
        config = ImageConfig(architecture=platform.architecture, os=platform.os, rootfs=RootFs(diff_ids=(name,)))
        self._image = Image(target, "", platform, (Layer(name, "", 0),), config)

    @property
    def image(self) -> Image:
        """The folder as an image without history."""
        return self._image

    @contextmanager
    def members(self, layer: Layer) -> Iterator[MemberStream]:  # noqa: ARG002 - there is but one layer
        """Walk over the folder; paths that may not be read are in `unreadable` of the stream."""
        stream = MemberStream()
        try:
            root = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise InputError(f"{self._folder} cannot be opened: {error.strerror}.") from error
        try:
            walk = _Walk(root, self._limits, stream)
            try:
                yield stream.feed(walk.members())
            finally:
                walk.close()
        finally:
            os.close(root)


class _Walk:
    """A walk through open folders: a folder that is moved or replaced by a link meanwhile cannot lead us elsewhere."""

    def __init__(self, root: int, limits: Limits, notes: MemberStream) -> None:
        self._open: list[int] = []
        self._root = root
        self._device = os.fstat(root).st_dev
        self._left = limits.members
        self._notes = notes

    def close(self) -> None:
        """Close the folders that are still open."""
        while self._open:
            os.close(self._open.pop())

    def members(self) -> Iterator[Member]:
        """Yield a member for everything in the folder, a folder before its content, names in order."""
        stack = [(self._root, "", iter(_names(self._root)))]
        while stack:
            folder, prefix, names = stack[-1]
            name = next(names, None)
            if name is None:
                stack.pop()
                if stack:
                    os.close(self._open.pop())
                continue
            path = prefix + _visible(name)
            status = self._status(folder, name, path)
            if status is None:
                continue
            yield self._member(folder, name, path, status)
            if stat.S_ISDIR(status.st_mode) and not self._is_pseudo(path, status):
                inner = self._enter(folder, name, path, len(stack))
                if inner is not None:
                    stack.append((inner, path + "/", iter(_names(inner))))

    def _status(self, folder: int, name: str, path: str) -> os.stat_result | None:
        self._left -= 1
        if self._left < 0:
            raise InputError("The folder has too many files to be looked at.", "Name a smaller folder.")
        try:
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            self._notes.unreadable.append(path)
            return None

    def _is_pseudo(self, path: str, status: os.stat_result) -> bool:
        """Tell whether this is a kernel's file system mounted into a live root."""
        return path in ("proc", "sys", "dev") and status.st_dev != self._device

    def _enter(self, folder: int, name: str, path: str, depth: int) -> int | None:
        """Open an inner folder; None when that may not be, or when it lies too deep."""
        if depth > _MAX_DEPTH:
            self._notes.unreadable.append(path)
            return None
        try:
            inner = os.open(name, _FOLDER, dir_fd=folder)
        except OSError:
            self._notes.unreadable.append(path)
            return None
        self._open.append(inner)
        return inner

    def _member(self, folder: int, name: str, path: str, status: os.stat_result) -> Member:
        kind = _kind(status.st_mode)
        target = _visible(os.readlink(name, dir_fd=folder)) if kind is MemberKind.SYMLINK else ""
        chunks: Callable[[], Iterator[bytes]] = partial(iter, ())
        if kind is MemberKind.FILE:
            chunks = partial(self._chunks, folder, name, path)
        size = status.st_size if kind is MemberKind.FILE else 0
        mode = stat.S_IMODE(status.st_mode)
        return Member(
            path, kind, size, mode, status.st_uid, status.st_gid, target, partial(first_bytes, chunks), chunks
        )

    def _chunks(self, folder: int, name: str, path: str) -> Iterator[bytes]:
        """Yield a file's content; nothing, and a note, where that may not be read."""
        try:
            descriptor = os.open(name, _FILE, dir_fd=folder)
        except OSError:
            self._notes.unreadable.append(path)
            return
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                self._notes.unreadable.append(path)
                return
            while piece := os.read(descriptor, CHUNK):
                yield piece
        except OSError:
            self._notes.unreadable.append(path)
        finally:
            os.close(descriptor)


def _names(folder: int) -> list[str]:
    return sorted(os.listdir(folder))


def _visible(name: str) -> str:
    """Write bytes that are no UTF-8 as escapes, as the tar reader does."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _kind(mode: int) -> MemberKind:
    if stat.S_ISREG(mode):
        return MemberKind.FILE
    if stat.S_ISDIR(mode):
        return MemberKind.FOLDER
    return MemberKind.SYMLINK if stat.S_ISLNK(mode) else MemberKind.OTHER
