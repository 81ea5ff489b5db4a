"""Opening an image by what a person would type: a registry reference, an archive, a layout, a root file system."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from landwaiter.errors import InputError
from landwaiter.images.access import Access
from landwaiter.images.archive import open_docker_archive
from landwaiter.images.layout import FolderFiles, open_layout
from landwaiter.images.models import ImageSource
from landwaiter.images.platform import DEFAULT_PLATFORM, Platform
from landwaiter.images.reference import parse_reference
from landwaiter.images.rootfs import RootfsSource
from landwaiter.images.tarindex import TarIndex

SCHEMES = ("docker-archive", "oci-archive", "oci-layout", "rootfs")
REGISTRY = "registry"
_PATH_STARTS = ("/", "./", "../", "~", ".")
_FILE_ENDS = (".tar", ".tar.gz", ".tgz", ".tar.zst")
_ROOT_FOLDERS = ("etc", "usr", "bin", "var", "lib")


@contextmanager
def open_source(
    target: str, *, platform: Platform = DEFAULT_PLATFORM, access: Access | None = None
) -> Iterator[ImageSource]:
    """Open the image that `target` names, for `platform` where there are several.

    `target` is `docker-archive:FILE[:TAG]`, `oci-archive:FILE[:NAME]`, `oci-layout:DIR[:NAME]`, `rootfs:DIR`, a bare
    path, which is recognised by its content, or a registry reference. Raises InputError when it is none of them or
    damaged, UnreachableError when the registry cannot be reached, NotPermittedError when that refuses.
    """
    access = access or Access()
    scheme, rest = _scheme(target)
    if scheme == REGISTRY:
        from landwaiter.images.registry import open_registry  # noqa: PLC0415 - HTTP is slow to import

        with open_registry(target, parse_reference(target), platform, access) as source:
            yield source
        return
    path, name = split_name(rest)
    if scheme == "rootfs":
        yield RootfsSource(existing_folder(path), target, platform, access.limits)
    elif scheme == "oci-layout":
        yield open_layout(FolderFiles(existing_folder(path)), target, name, platform, access.limits)
    else:
        yield from _open_archive(scheme, path, _Wanted(target, name, platform, access))


def is_registry_reference(target: str) -> bool:
    """Tell whether `target` is taken for an image in a registry; raises InputError when it can be nothing at all."""
    scheme, _ = _scheme(target)
    if scheme == REGISTRY:
        parse_reference(target)
    return scheme == REGISTRY


def _scheme(target: str) -> tuple[str, str]:
    """Return what `target` is, one of `SCHEMES` or `REGISTRY`, and the rest of it."""
    scheme, colon, rest = target.partition(":")
    if colon and scheme in SCHEMES:
        return scheme, rest
    if not target.strip():
        raise InputError("No image is named.", "Name a registry reference, an archive or a folder.")
    path, _ = split_name(target)
    if exists(path) and not target.startswith("docker://"):
        try:
            return recognise(target), target
        except InputError:
            # A folder that happens to be called like the image that is meant.
            if not path.is_dir() or target.startswith(_PATH_STARTS):
                raise
            return REGISTRY, target
    if target.startswith(_PATH_STARTS) or target.endswith(_FILE_ENDS):
        raise InputError(f"{target} does not exist.")
    return REGISTRY, target


class _Wanted(NamedTuple):
    """Which image of an archive is wanted, and how."""

    target: str
    name: str
    platform: Platform
    access: Access


def _open_archive(scheme: str, path: Path, wanted: _Wanted) -> Iterator[ImageSource]:
    limits = wanted.access.limits
    index = TarIndex(path, limits)
    try:
        if scheme == "oci-archive":
            yield open_layout(index, wanted.target, wanted.name, wanted.platform, limits)
        else:
            yield open_docker_archive(index, wanted.target, wanted.name, limits)
    finally:
        index.close()


def split_name(text: str) -> tuple[Path, str]:
    """Split `PATH[:NAME]` at the first colon that leaves an existing path; a path may have colons of its own."""
    if not exists(Path(text)):
        for at, letter in enumerate(text):
            if letter == ":" and exists(Path(text[:at])):
                return Path(text[:at]), text[at + 1 :]
    return Path(text), ""


def exists(path: Path) -> bool:
    """Tell whether there is something at `path`; what can be no path at all is not there."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def existing_folder(path: Path) -> Path:
    """Return `path` when it is a folder; raises InputError otherwise."""
    if not path.is_dir():
        raise InputError(f"{path} is not a folder." if exists(path) else f"{path} does not exist.")
    return path


def recognise(target: str) -> str:
    """Tell by content what a bare path is: one of `SCHEMES`; raises InputError when it is none."""
    path, _ = split_name(target)
    if path.is_dir():
        return _recognise_folder(path)
    if not exists(path):
        raise InputError(f"{target} does not exist.")
    index = TarIndex(path)
    try:
        if "index.json" in index and "oci-layout" in index:
            return "oci-archive"
        if "manifest.json" in index:
            return "docker-archive"
    finally:
        index.close()
    raise InputError(f"{path} is a tar file, but no image in it.", "Export the image with docker save or skopeo copy.")


def _recognise_folder(path: Path) -> str:
    if (path / "oci-layout").is_file() or (path / "index.json").is_file():
        return "oci-layout"
    if any((path / name).exists() for name in _ROOT_FOLDERS):
        return "rootfs"
    raise InputError(
        f"{path} is neither an OCI layout nor a root file system.", "Write rootfs:DIR to have it looked at as it is."
    )
