import pytest

from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.access import Access, Patience
from landwaiter.images.open import open_source, recognise, split_name


def refused(target, says):
    with pytest.raises(InputError, match=says), open_source(target):
        pass


def test_bare_paths_are_recognised_by_content(tmp_path, image_builder):
    image = image_builder.image({"a": "1"})
    (tmp_path / "root/etc").mkdir(parents=True)
    assert recognise(str(image_builder.write_layout(tmp_path / "l", image))) == "oci-layout"
    assert recognise(str(image_builder.write_oci_archive(tmp_path / "a.tar", image))) == "oci-archive"
    assert recognise(str(image_builder.write_docker_archive(tmp_path / "d.tar", image))) == "docker-archive"
    assert recognise(str(tmp_path / "root")) == "rootfs"


def test_what_is_no_image_is_refused_with_advice(tmp_path, image_builder):
    (tmp_path / "plain.tar").write_bytes(image_builder.layer({"a": "1"}))
    (tmp_path / "text").write_text("hello\n" * 1000)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    refused(str(tmp_path / "plain.tar"), "is a tar file, but no image in it. Export the image with docker save")
    refused(str(tmp_path / "text"), "cannot be read as a tar")
    refused(str(tmp_path / "empty"), "no image in it")
    refused(str(tmp_path / "folder"), "neither an OCI layout nor a root file system")
    refused(str(tmp_path / "nothing"), "does not exist")
    refused(str(tmp_path / "nothing.tar"), "does not exist")
    refused("./nothing", "does not exist")
    refused(f"oci-layout:{tmp_path}/nothing", "does not exist")
    refused(f"oci-layout:{tmp_path}/text", "is not a folder")
    refused(f"docker-archive:{tmp_path}/nothing", "cannot be opened: No such file")
    refused(f"docker-archive:{tmp_path}/folder", "is not a regular file")
    refused("rootfs:/nonexistent", "does not exist")
    refused("example.org/Upper", "lower case")
    refused("", "No image is named")
    refused("/x" * 5000, "does not exist")
    refused("docker-archive:a\0b", "cannot be opened")


def test_a_folder_called_like_an_image_does_not_hide_it(tmp_path, monkeypatch):
    (tmp_path / "localhost:1").mkdir()
    (tmp_path / "localhost:1/app").mkdir()
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(UnreachableError, match="registry localhost:1 cannot be used"),
        open_source("localhost:1/app", access=Access(patience=Patience(attempts=1))),
    ):
        pass


def test_names_after_paths(tmp_path):
    (tmp_path / "a:b").write_text("")
    (tmp_path / "c").write_text("")
    assert split_name(f"{tmp_path}/a:b") == (tmp_path / "a:b", "")
    assert split_name(f"{tmp_path}/a:b:tag:1") == (tmp_path / "a:b", "tag:1")
    assert split_name(f"{tmp_path}/c:app:1") == (tmp_path / "c", "app:1")
    assert split_name(f"{tmp_path}/d:e") == (tmp_path / "d:e", "")
