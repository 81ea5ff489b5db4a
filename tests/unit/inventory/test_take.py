from contextlib import contextmanager

import pytest

from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.models import Image, ImageConfig, Layer
from landwaiter.images.platform import Platform
from landwaiter.inventory.cache import FolderCache
from landwaiter.inventory.take import take_facts, take_inventory


class Source:
    """An image whose layers are lists of members; counts how often each is streamed."""

    def __init__(self, *layers, digests=True):
        self.contents = dict(enumerate(layers))
        self.read = []
        sizes = [len(members) if isinstance(members, list) else 9 for members in layers]
        names = tuple(Layer(f"sha256:{n}", f"sha256:blob{n}" if digests else "", size) for n, size in enumerate(sizes))
        self.image = Image("test:1", "", Platform(), names, ImageConfig())

    @contextmanager
    def members(self, layer):
        number = self.image.layers.index(layer)
        self.read.append(number)
        members = self.contents[number]
        if isinstance(members, Exception):
            raise members
        yield iter(members)


def test_layers_are_analysed_once_and_then_known(tmp_path, m):
    source = Source([m.debian(), m.dpkg(a="1")], [m.dist_info("opt", "x", "1")])
    cache = FolderCache(tmp_path)
    seen = []
    first = take_inventory(source, cache=cache, progress=seen.append)
    assert sorted(source.read) == [0, 1]
    assert sorted((done.index, done.cached) for done in seen) == [(0, False), (1, False)]
    assert {package.name for package in first.packages} == {"a", "x"}
    again = []
    assert take_inventory(source, cache=cache, progress=again.append) == first
    assert sorted(source.read) == [0, 1]
    assert [done.cached for done in again] == [True, True]


def test_the_largest_layer_is_begun_first(m):
    source = Source([m.file("a")], [m.file(f"f{n}") for n in range(9)], [m.file("b"), m.file("c")])
    take_facts(source, threads=1)
    assert source.read == [1, 2, 0]


def test_what_nothing_verifies_is_not_kept(tmp_path, m):
    source = Source([m.debian()], digests=False)
    cache = FolderCache(tmp_path)
    take_inventory(source, cache=cache)
    take_inventory(source, cache=cache)
    assert source.read == [0, 0]


def test_the_same_layer_twice_is_read_once(m):
    source = Source([m.dist_info("opt", "x", "1")], [m.file("opt/.wh.x-1.dist-info")])
    twice = (*source.image.layers, source.image.layers[0])
    source.image = Image("test:1", "", Platform(), twice, ImageConfig())
    inventory = take_inventory(source)
    assert sorted(source.read) == [0, 1]
    assert [package.locations[0].layer for package in inventory.packages] == [2]


def test_a_second_blob_under_the_same_diff_id_is_read_too(m):
    source = Source([m.file("a")], [m.dist_info("opt", "x", "1")])
    first, second = source.image.layers
    layers = (first, Layer(first.diff_id, second.digest, 1))
    source.image = Image("test:1", "", Platform(), layers, ImageConfig())
    assert [package.name for package in take_inventory(source).packages] == ["x"]


@pytest.mark.parametrize("error", [InputError("truncated"), UnreachableError("no answer")])
def test_errors_that_speak_for_themselves_are_passed_on(m, error):
    with pytest.raises(type(error), match=error.what):
        take_inventory(Source([m.debian()], error))


@pytest.mark.parametrize("error", [OSError("bad disk"), ValueError("odd"), EOFError("end")])
def test_other_errors_of_a_layer_are_explained(m, error):
    with pytest.raises(InputError, match="Layer 1 of test:1 cannot be read"):
        take_inventory(Source([m.debian()], error))


def test_an_image_without_layers():
    assert take_inventory(Source()).packages == ()
