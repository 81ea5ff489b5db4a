"""Layers written in a few words: the members are given as they would stand in a tar, the real analysis runs over them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from landwaiter.images.digest import digest_of
from landwaiter.images.models import HistoryEntry, Image, ImageConfig, Layer, RootFs
from landwaiter.images.platform import Platform
from landwaiter.images.tarstream import Member, MemberKind
from landwaiter.inventory.analyse import analyse_layer
from landwaiter.inventory.coalesce import coalesce
from landwaiter.inventory.models import Inventory, LayerFacts

DEBIAN = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


def member(
    path: str, content: bytes = b"", *, mode: int = 0o644, kind: MemberKind = MemberKind.FILE, target: str = ""
) -> Member:
    return Member(path, kind, len(content), mode, 0, 0, target, lambda limit: content[:limit], lambda: iter([content]))


class Members:
    """The kinds of members, by short names."""

    def file(self, path: str, content: bytes | str = b"", mode: int = 0o644) -> Member:
        return member(path, content.encode() if isinstance(content, str) else content, mode=mode)

    def folder(self, path: str, mode: int = 0o755) -> Member:
        return member(path, mode=mode, kind=MemberKind.FOLDER)

    def symlink(self, path: str, target: str) -> Member:
        return member(path, kind=MemberKind.SYMLINK, mode=0o777, target=target)

    def hardlink(self, path: str, target: str) -> Member:
        return member(path, kind=MemberKind.HARDLINK, target=target)

    def device(self, path: str) -> Member:
        return member(path, kind=MemberKind.OTHER)

    def package_json(self, folder: str, name: str, version: str) -> Member:
        return self.file(f"{folder}/package.json", f'{{"name": "{name}", "version": "{version}"}}')

    def dist_info(self, site: str, name: str, version: str) -> Member:
        return self.file(f"{site}/{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n")

    def debian(self) -> Member:
        return self.file("etc/os-release", DEBIAN)

    def dpkg(self, **packages: str) -> Member:
        stanzas = (
            f"Package: {name.replace('_', '-')}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
            for name, version in packages.items()
        )
        return self.file("var/lib/dpkg/status", "".join(stanzas))


@pytest.fixture(scope="session")
def m() -> Members:
    return Members()


Analyse = Callable[..., LayerFacts]
Take = Callable[..., Inventory]


@pytest.fixture(scope="session")
def analyse() -> Analyse:
    """Analyse members as one layer; it may be streamed again unless `again` is false."""

    def run(*members: Member, name: str = "sha256:one", again: bool = True) -> LayerFacts:
        @contextmanager
        def stream() -> Iterator[Iterator[Member]]:
            yield iter(members)

        return analyse_layer(name, iter(members), again=stream if again else None)

    return run


def image_of(facts: Sequence[LayerFacts], history: Sequence[HistoryEntry] | None = None) -> Image:
    layers = tuple(Layer(one.diff_id, digest_of(one.diff_id.encode()), 1) for one in facts)
    config = ImageConfig("amd64", "linux", rootfs=RootFs(diff_ids=tuple(one.diff_id for one in facts)))
    if history is not None:
        config = ImageConfig("amd64", "linux", rootfs=config.rootfs, history=tuple(history))
    return Image("test:1", "sha256:" + "0" * 64, Platform(), layers, config)


@pytest.fixture(scope="session")
def take(analyse: Analyse) -> Take:
    """Take the inventory of layers, each a list of members, lowest first."""

    def run(*layers: Sequence[Member], history: Sequence[HistoryEntry] | None = None) -> Inventory:
        facts = [analyse(*members, name=f"sha256:{index}") for index, members in enumerate(layers)]
        return coalesce(image_of(facts, history), facts)

    return run


@pytest.fixture(scope="session")
def image_with() -> Callable[..., Image]:
    """Make an image with layers of the given diff_ids and the given history."""

    def make(count: int, history: Sequence[HistoryEntry] | None = None) -> Image:
        return image_of([LayerFacts(f"sha256:{index}") for index in range(count)], history)

    return make
