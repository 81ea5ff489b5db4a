import json
import os
import threading

import pytest

from landwaiter.errors import InputError
from landwaiter.images.open import open_source
from landwaiter.images.platform import Platform, parse_platform

FILES = {"etc/": b"", "etc/os-release": "ID=debian\n", "usr/bin/x": b"x" * 100_000}


def contents(source):
    found = []
    for layer in source.image.layers:
        with source.members(layer) as members:
            found.append({m.path: m.read(m.size) for m in members})
    return found


@pytest.fixture
def image(image_builder):
    return image_builder.image(
        FILES,
        {"etc/.wh.os-release": b""},
        config={"User": "app"},
        history=[{"created_by": "COPY"}, {"created_by": "RUN"}],
    )


@pytest.mark.parametrize("compression", ["gzip", "zstd", "plain"])
@pytest.mark.parametrize("form", ["layout", "archive", "archive.gz"])
def test_every_form(tmp_path, image_builder, image, compression, form):
    if form == "layout":
        target = f"oci-layout:{image_builder.write_layout(tmp_path / 'l', image, compression=compression)}"
    else:
        file = image_builder.write_oci_archive(tmp_path / "image.tar", image, compression=compression)
        if form == "archive.gz":
            import gzip

            file.write_bytes(gzip.compress(file.read_bytes()))
        target = f"oci-archive:{file}"
    with open_source(target) as source:
        assert [layer.diff_id for layer in source.image.layers] == image.diff_ids
        assert source.image.config.config.user == "app"
        assert source.image.reference == target
        assert source.image.digest.startswith("sha256:")
        assert source.image.platform == Platform("linux", "amd64")
        first, second = contents(source)
    assert first["usr/bin/x"] == b"x" * 100_000
    assert second == {"etc/.wh.os-release": b""}


def test_layers_can_be_read_by_threads_at_once(tmp_path, image_builder):
    image = image_builder.image(*({f"f{n}": os.urandom(200_000), "x": str(n)} for n in range(6)))
    path = image_builder.write_oci_archive(tmp_path / "i.tar", image)
    found = {}

    def read(source, number):
        with source.members(source.image.layers[number]) as members:
            found[number] = [(m.path, len(m.read(1 << 20))) for m in members]

    with open_source(str(path)) as source:
        threads = [threading.Thread(target=read, args=(source, n)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {n: [(f"f{n}", 200_000), ("x", 1)] for n in range(6)}


def test_nothing_of_ours_is_left_running_when_a_reader_stops_early(tmp_path, image_builder):
    path = image_builder.write_layout(tmp_path, image_builder.image({"a": b"", "big": os.urandom(8_000_000)}))
    before = threading.active_count()
    with open_source(str(path)) as source:
        with source.members(source.image.layers[0]) as members:
            assert next(iter(members)).path == "a"
        with pytest.raises(ZeroDivisionError), source.members(source.image.layers[0]):
            raise ZeroDivisionError
    assert threading.active_count() == before


class TestChoice:
    @pytest.fixture
    def images(self, image_builder):
        return {one: image_builder.image({"arch": one}, architecture=one) for one in ("amd64", "arm64")}

    @pytest.mark.parametrize("index", [True, False])
    def test_by_platform(self, tmp_path, image_builder, images, index):
        path = image_builder.write_layout(tmp_path, images, index=index, attestation=True)
        if not index:
            # Without names of their own, as a tool writes the platforms of one image.
            top = json.loads((path / "index.json").read_bytes())
            for one in top["manifests"]:
                one.pop("annotations", None)
            (path / "index.json").write_text(json.dumps(top))
        with open_source(f"oci-layout:{path}", platform=parse_platform("linux/arm64")) as source:
            assert contents(source) == [{"arch": b"arm64"}]
            assert (source.image.index_digest is not None) == index
        with (
            pytest.raises(InputError, match=r"no image for windows/amd64\. There is: linux/amd64, linux/arm64"),
            open_source(f"oci-layout:{path}", platform=Platform("windows", "amd64")),
        ):
            pass

    def test_by_name(self, tmp_path, image_builder):
        images = {"app:1": image_builder.image({"n": "1"}), "app:2": image_builder.image({"n": "2"})}
        path = image_builder.write_layout(tmp_path / "l", images)
        with open_source(f"oci-layout:{path}:app:2") as source:
            assert contents(source) == [{"n": b"2"}]
        with (
            pytest.raises(InputError, match=r"holds 2 images\. There is: app:1, app:2\. Name one"),
            open_source(str(path)),
        ):
            pass
        with pytest.raises(InputError, match="no image called 'app:3'"), open_source(f"{path}:app:3"):
            pass

    def test_by_digest(self, tmp_path, image_builder):
        images = {"a": image_builder.image({"n": "1"}), "b": image_builder.image({"n": "2"})}
        path = image_builder.write_layout(tmp_path, images)
        digest = json.loads((path / "index.json").read_bytes())["manifests"][1]["digest"]
        with open_source(f"oci-layout:{path}:{digest}") as source:
            assert source.image.digest == digest

    def test_a_single_image_without_platform(self, tmp_path, image_builder):
        path = image_builder.write_layout(tmp_path, image_builder.image({"n": "1"}, architecture="riscv64"))
        top = json.loads((path / "index.json").read_bytes())
        del top["manifests"][0]["platform"]
        (path / "index.json").write_text(json.dumps(top))
        with open_source(str(path)) as source:
            assert source.image.platform == Platform("linux", "riscv64")


class TestDamage:
    @pytest.fixture
    def layout(self, tmp_path, image_builder):
        return image_builder.write_layout(tmp_path / "l", image_builder.image({"a": os.urandom(300_000), "b": "b"}))

    def layer_blob(self, layout):
        return max((layout / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)

    def read(self, layout):
        with open_source(f"oci-layout:{layout}") as source:
            contents(source)

    def test_a_changed_byte(self, layout):
        blob = self.layer_blob(layout)
        content = bytearray(blob.read_bytes())
        content[4] ^= 1  # the time in the gzip header: decompression does not notice
        blob.write_bytes(content)
        with pytest.raises(
            InputError, match=r"is damaged: its content has the digest sha256:.* but sha256:.* is expected"
        ):
            self.read(layout)

    def test_bytes_behind_the_end_are_hashed_too(self, layout):
        blob = self.layer_blob(layout)
        blob.write_bytes(blob.read_bytes() + bytes(512))
        with pytest.raises(InputError, match="is damaged"):
            self.read(layout)

    def test_a_truncated_layer(self, layout):
        blob = self.layer_blob(layout)
        blob.write_bytes(blob.read_bytes()[:-1000])
        with pytest.raises(InputError, match="is damaged|truncated"):
            self.read(layout)

    def test_a_missing_layer(self, layout):
        self.layer_blob(layout).unlink()
        with pytest.raises(InputError, match="cannot be opened: No such file"):
            self.read(layout)

    def test_a_blob_that_is_a_pipe(self, layout):
        blob = self.layer_blob(layout)
        blob.unlink()
        os.mkfifo(blob)
        with pytest.raises(InputError, match="is not a regular file"):
            self.read(layout)

    def test_a_changed_config(self, layout):
        manifest = json.loads((layout / "index.json").read_bytes())["manifests"][0]["digest"]
        config = json.loads((layout / "blobs" / manifest.replace(":", "/")).read_bytes())["config"]["digest"]
        (layout / "blobs" / config.replace(":", "/")).write_bytes(b"{}")
        with pytest.raises(InputError, match=r"Blob sha256:.* is damaged"):
            self.read(layout)

    def test_an_index_that_names_itself(self, tmp_path, image_builder):
        # No document can name its own digest; a chain of indexes is as near as it comes.
        files = image_builder.layout_files(image_builder.image({}), index=True)
        for _ in range(6):
            top = json.loads(files["index.json"])
            inner = json.dumps(top).encode()
            import hashlib

            digest = "sha256:" + hashlib.sha256(inner).hexdigest()
            files["blobs/" + digest.replace(":", "/")] = inner
            files["index.json"] = json.dumps(
                {"schemaVersion": 2, "manifests": [{"digest": digest, "size": len(inner)}]}
            ).encode()
        path = tmp_path / "deep.tar"
        path.write_bytes(image_builder.layer(files))
        with pytest.raises(InputError, match="nested more than"), open_source(str(path)):
            pass

    def test_no_index(self, tmp_path):
        (tmp_path / "oci-layout").write_text("{}")
        with pytest.raises(InputError, match="index.json cannot be opened"), open_source(str(tmp_path)):
            pass
