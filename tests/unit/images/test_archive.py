import gzip
import json

import pytest

from landwaiter.errors import InputError
from landwaiter.images.open import open_source


def contents(source):
    found = []
    for layer in source.image.layers:
        with source.members(layer) as members:
            found.append({m.path: m.read(m.size) for m in members})
    return found


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("named_by_digest", [True, False])
@pytest.mark.parametrize("whole", ["plain", "gzip"])
def test_every_form(tmp_path, image_builder, compression, named_by_digest, whole):
    image = image_builder.image({"a": "1", "big": b"b" * 1_000_000, "c": "3"}, {"b": "2"})
    file = image_builder.write_docker_archive(
        tmp_path / "i", image, compression=compression, named_by_digest=named_by_digest
    )
    if whole == "gzip":
        file.write_bytes(gzip.compress(file.read_bytes()))
    with open_source(str(file)) as source:
        assert (source.image.digest, source.image.index_digest) == ("", None)
        assert [layer.diff_id for layer in source.image.layers] == image.diff_ids
        assert all(bool(layer.digest) == named_by_digest for layer in source.image.layers)
        first, second = contents(source)
        assert (first["c"], second) == (b"3", {"b": b"2"})


def test_a_layer_that_occurs_twice_is_a_link(tmp_path, image_builder):
    same = {"same": "1"}
    image = image_builder.image(same, {"b": "2"}, same)
    file = image_builder.write_docker_archive(tmp_path / "i", image)
    with open_source(f"docker-archive:{file}") as source:
        assert contents(source) == [{"same": b"1"}, {"b": b"2"}, {"same": b"1"}]


def test_choice_by_tag(tmp_path, image_builder):
    images = {"app:1": image_builder.image({"n": "1"}), "app:2": image_builder.image({"n": "2"})}
    file = image_builder.write_docker_archive(tmp_path / "i", images)
    with open_source(f"docker-archive:{file}:app:2") as source:
        assert contents(source) == [{"n": b"2"}]
    with pytest.raises(InputError, match="holds several images: app:1, app:2. Name one"), open_source(str(file)):
        pass
    with pytest.raises(InputError, match="no image tagged 'x'. There is: app:1, app:2"), open_source(f"{file}:x"):
        pass


def test_an_archive_that_is_both_is_read_as_oci(tmp_path, image_builder):
    image = image_builder.image({"a": "1"})
    files = image_builder.layout_files(image) | image_builder.docker_files(image, named_by_digest=True)
    (tmp_path / "i").write_bytes(image_builder.layer(files))
    with open_source(str(tmp_path / "i")) as source:
        assert source.image.digest.startswith("sha256:")
    with open_source(f"docker-archive:{tmp_path / 'i'}") as source:
        assert contents(source) == [{"a": b"1"}]


class TestDamage:
    def write(self, path, image_builder, **changes):
        image = image_builder.image({"a": "1" * 5000}, {"b": "2"})
        files = image_builder.docker_files(image, named_by_digest=True)
        files |= changes
        (path / "i").write_bytes(
            image_builder.layer({name: content for name, content in files.items() if content is not None})
        )
        return path / "i"

    def fails(self, file, says):
        with pytest.raises(InputError, match=says), open_source(f"docker-archive:{file}") as source:
            contents(source)

    def test_layers_that_are_not_there(self, tmp_path, image_builder):
        self.fails(
            self.write(
                tmp_path,
                image_builder,
                **{
                    "manifest.json": json.dumps([{"Config": "c", "Layers": ["x"]}]),
                    "c": b'{"rootfs":{"diff_ids":["sha256:' + b"a" * 64 + b'"]}}',
                },
            ),
            "has no 'x'",
        )

    def test_layers_that_do_not_fit_the_config(self, tmp_path, image_builder):
        self.fails(
            self.write(
                tmp_path, image_builder, **{"manifest.json": json.dumps([{"Config": "c", "Layers": ["x"]}]), "c": b"{}"}
            ),
            "its manifest has 1 layers, its config 0",
        )

    @pytest.mark.parametrize("content", ["", "[]", "{}", "[1]", "[" * 100_000, '[{"Config": 3}]', "\udcff"])
    def test_manifests_that_are_none(self, tmp_path, image_builder, content):
        encoded = content.encode("utf-8", "surrogateescape")
        self.fails(self.write(tmp_path, image_builder, **{"manifest.json": encoded}), "cannot be read|no image in it")

    def test_links_in_a_circle(self, tmp_path, image_builder):
        loop = {"manifest.json": image_builder.symlink("x"), "x": image_builder.symlink("manifest.json")}
        self.fails(self.write(tmp_path, image_builder, **loop), "has no 'manifest.json'")

    def test_a_link_out_of_the_archive(self, tmp_path, image_builder):
        self.fails(
            self.write(tmp_path, image_builder, **{"manifest.json": image_builder.symlink("../../../etc/passwd")}),
            "has no 'manifest.json'",
        )

    def test_a_layer_that_is_not_what_its_name_says(self, tmp_path, image_builder):
        image = image_builder.image({"a": "1"})
        files = image_builder.docker_files(image, named_by_digest=True)
        name = next(name for name in files if name.startswith("blobs"))
        files[name] = image_builder.layer({"a": "other"})
        (tmp_path / "i").write_bytes(image_builder.layer(files))
        self.fails(tmp_path / "i", "is damaged")

    def test_a_cut_archive(self, tmp_path, image_builder):
        file = self.write(tmp_path, image_builder)
        file.write_bytes(file.read_bytes()[:4000])
        self.fails(file, "truncated")
        with pytest.raises(InputError, match="truncated"), open_source(str(file)):
            pass

    def test_a_document_of_absurd_size(self, tmp_path, image_builder):
        self.fails(self.write(tmp_path, image_builder, **{"manifest.json": b" " * (17 << 20)}), "is larger than")
