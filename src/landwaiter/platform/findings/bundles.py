"""The advisory data at hand: the newest bundle of the data folder, opened once and again when a newer one arrives."""

import contextlib
import logging
import os
import shutil
import threading
from pathlib import Path

import msgspec

from landwaiter.advisories.bundle import Bundle, open_bundle
from landwaiter.advisories.models import BundleInfo
from landwaiter.errors import InputError
from landwaiter.matching import models as matching

_LOG = logging.getLogger(__name__)
SUFFIX = ".sqlite"
_KEPT = 3
"""Bundles that are kept for comparison, that in use among them: hard links, which cost nothing until it is replaced."""


class BundleShelf:
    """The folder with the bundles. One bundle is open at a time, for all threads."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it may be missing or empty."""
        self._folder = folder
        self._lock = threading.Lock()
        self._open: tuple[tuple[Path, int, int], Bundle] | None = None
        self._refused: dict[tuple[Path, int, int], str] = {}

    def current(self) -> Bundle | None:
        """Return the newest bundle that can be read, None when there is none; `problem` then says why."""
        with self._lock:
            for key in self._candidates():
                if self._open is not None and self._open[0] == key:
                    return self._open[1]
                if key in self._refused:
                    continue
                try:
                    bundle = open_bundle(key[0])
                except InputError as error:
                    self._refused[key] = str(error)
                    _LOG.error("bundle %s is refused: %s", key[0].name, error)
                    continue
                self._open = (key, bundle)
                self._keep(key[0], bundle.info.id)
                _LOG.info("bundle %s of %s is in use", bundle.info.id, bundle.info.built)
                return bundle
            return None

    def info(self) -> BundleInfo | None:
        """Return which bundle is in use."""
        bundle = self.current()
        return bundle.info if bundle is not None else None

    def described(self) -> matching.BundleInfo | None:
        """Return which bundle is in use, as assessments name it."""
        info = self.info()
        return matching.BundleInfo(*msgspec.structs.astuple(info)) if info is not None else None

    def problem(self) -> str:
        """Say why there is no bundle, "" where there is one."""
        if self.current() is not None:
            return ""
        candidates = self._candidates()
        if not candidates:
            return "No advisory bundle has been imported: run `landwaiter feeds import`."
        return f"The advisory bundle cannot be read: {self._refused.get(candidates[0], 'it has just gone')}"

    def earlier(self, bundle_id: str) -> Bundle | None:
        """Return an earlier bundle of this id that is still at hand, to tell what the newest one changed."""
        path = self._kept(bundle_id)
        try:
            bundle = open_bundle(path)
        except InputError:
            return None
        return bundle if bundle.info.id == bundle_id else None

    def _kept(self, bundle_id: str) -> Path:
        return self._folder / "used" / f"{bundle_id.removeprefix('sha256:')[:32]}{SUFFIX}"

    def _keep(self, path: Path, bundle_id: str) -> None:
        """Keep a bundle that is taken into use under a second name, as long as two newer ones have not been used."""
        kept = self._kept(bundle_id)
        with contextlib.suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            if not kept.exists():
                os.link(path, kept)
            used = sorted(kept.parent.glob(f"*{SUFFIX}"), key=lambda item: item.stat().st_ctime_ns, reverse=True)
            for old in used[_KEPT:]:
                old.unlink(missing_ok=True)

    def take(self, file: Path) -> BundleInfo:
        """Copy a bundle into the folder once it has proved readable; return what it is. Raises InputError."""
        info = open_bundle(file).info
        target = self._folder / f"{info.id.removeprefix('sha256:')[:32]}{SUFFIX}"
        partial = target.with_suffix(".partial")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, partial)
            partial.replace(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise InputError(
                f"The bundle cannot be kept in {self._folder}: {error.strerror}.", "Free some space."
            ) from error
        return info

    def _candidates(self) -> list[tuple[Path, int, int]]:
        """Return the bundle files, that imported last first, each with what changes when the file does."""
        found = []
        for path in self._folder.glob(f"*{SUFFIX}"):
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((path, status.st_mtime_ns, status.st_size))
        return sorted(found, key=lambda item: item[1], reverse=True)
