import os
import socket
from pathlib import Path

import pytest

from landwaiter.images.members import MemberKind
from landwaiter.images.open import open_source


def members(folder):
    with open_source(f"rootfs:{folder}") as source, source.members(source.image.layers[0]) as stream:
        return {m.path: (m.kind, m.target, m.read(100)) for m in stream}, stream


def test_files_folders_and_links(tmp_path):
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "secret").write_text("outside")
    (tmp_path / "root/etc/os-release").write_text("ID=x")
    (tmp_path / "root/out").symlink_to(tmp_path)
    (tmp_path / "root/etc/link").symlink_to("../../secret")
    (tmp_path / "root/etc/caf\udce9").write_text("1")
    found, stream = members(tmp_path / "root")
    assert found == {
        "etc": (MemberKind.FOLDER, "", b""),
        "etc/os-release": (MemberKind.FILE, "", b"ID=x"),
        "etc/link": (MemberKind.SYMLINK, "../../secret", b""),
        "etc/caf\\xe9": (MemberKind.FILE, "", b"1"),
        "out": (MemberKind.SYMLINK, str(tmp_path), b""),
    }
    assert (stream.refused_count, stream.unreadable) == (0, [])


def test_pipes_and_sockets_are_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        found, _ = members(tmp_path)
    assert {kind for kind, _, _ in found.values()} == {MemberKind.OTHER}


def test_a_file_that_became_a_pipe_or_a_link_meanwhile(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text("content")
    with open_source(f"rootfs:{tmp_path}") as source, source.members(source.image.layers[0]) as stream:
        for member in stream:
            (tmp_path / member.path).unlink()
            if member.path == "a":
                (tmp_path / "a").symlink_to("/etc/passwd")
            else:
                os.mkfifo(tmp_path / "b")
            assert member.read(100) == b""
        assert stream.unreadable == ["a", "b"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_noted(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "file").write_text("x")
    (tmp_path / "file").chmod(0)
    found, stream = members(tmp_path)
    assert set(found) == {"closed", "file"}
    assert stream.unreadable == ["closed", "file"]


def test_the_same_folder_has_the_same_name(tmp_path):
    (tmp_path / "etc").mkdir()
    with open_source(f"rootfs:{tmp_path}") as one, open_source(f"rootfs:{tmp_path}/etc/..") as other:
        assert one.image.layers == other.image.layers
        assert one.image.layers[0].digest == ""


def test_no_descriptor_stays_open(tmp_path):
    deep = tmp_path / "/".join("d" * 50)
    deep.mkdir(parents=True)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with open_source(f"rootfs:{tmp_path}") as source, source.members(source.image.layers[0]) as stream:
        for member in stream:
            if member.path.count("/") == 40:
                break
    assert len(list(Path("/proc/self/fd").iterdir())) == before
