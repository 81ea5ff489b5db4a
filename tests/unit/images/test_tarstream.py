import io
import shutil
import subprocess
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.images.limits import Limits
from landwaiter.images.sources import ChunkSource
from landwaiter.images.tarstream import MemberKind, read_members

BLOCK = 512


def header(
    name,
    size=0,
    kind=b"0",
    *,
    link=b"",
    magic=b"ustar\x0000",
    prefix=b"",
    size_field=None,
    numbers=b"0000644\x000000000\x000000000\x00",
):
    field = size_field if size_field is not None else f"{size:011o}\0".encode()
    block = bytearray(512)
    block[: len(name)] = name
    block[100:124] = numbers
    block[124:136] = field
    block[136:148] = b"00000000000\0"
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[157 : 157 + len(link)] = link
    block[257 : 257 + len(magic)] = magic
    block[345 : 345 + len(prefix)] = prefix
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % BLOCK)


def pax(records):
    lines = b""
    for key, value in records:
        body = b" " + key.encode() + b"=" + (value if isinstance(value, bytes) else value.encode()) + b"\n"
        length = len(body)
        while len(str(length)) + len(body) != length:
            length = len(str(length)) + len(body)
        lines += str(length).encode() + body
    return header(b"PaxHeader", len(lines), b"x") + padded(lines)


END = bytes(1024)


def walk(content, **options):
    return list(read_members(io.BytesIO(content), **options))


class TestNames:
    @pytest.mark.parametrize(
        ("written", "path"),
        [
            (b"etc/passwd", "etc/passwd"),
            (b"./etc/passwd", "etc/passwd"),
            (b"/etc/passwd", "etc/passwd"),
            (b".//etc/./passwd", "etc/passwd"),
            (b"etc//passwd", "etc/passwd"),
            (b"a/../etc/passwd", "etc/passwd"),
            (b"a/b/..", "a"),
            (b"a.", "a."),
            (b"a./b", "a./b"),
            (b"..a/b..", "..a/b.."),
            (b"caf\xc3\xa9", "café"),
            (b"caf\xe9", "caf\\xe9"),
        ],
    )
    def test_are_normalised(self, written, path):
        assert [m.path for m in walk(header(written) + END)] == [path]

    @pytest.mark.parametrize("written", [b"../etc/passwd", b"..", b"a/../../b", b"./../x", b"/../x"])
    def test_that_climb_out_are_refused_and_counted(self, written):
        stream = read_members(io.BytesIO(header(written, 3) + padded(b"abc") + header(b"ok") + END))
        assert [m.path for m in stream] == ["ok"]
        assert (stream.refused_count, stream.refused) == (1, [written.decode()])

    def test_hard_link_that_climbs_is_refused(self):
        stream = read_members(io.BytesIO(header(b"x", kind=b"1", link=b"../../etc/shadow") + END))
        assert list(stream) == []
        assert stream.refused_count == 1

    @pytest.mark.parametrize("written", [b"./", b"/", b".", b"a/.."])
    def test_the_root_itself_is_no_member(self, written):
        assert walk(header(written, kind=b"5") + END) == []

    def test_many_refused_names_are_counted_but_not_all_kept(self):
        stream = read_members(io.BytesIO(b"".join(header(b"../%d" % n) for n in range(100)) + END))
        assert list(stream) == []
        assert stream.refused_count == 100
        assert len(stream.refused) == 20


class TestFormats:
    @pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_all_kinds(self, form, image_builder):
        tar = image_builder.layer(
            {
                "usr/": b"",
                "usr/lib": image_builder.symlink("../lib"),
                "usr/bin/sh": image_builder.Entry(b"#!", mode=0o4755, uid=3, gid=70000),
                "bin/sh": image_builder.hardlink("./usr/bin/sh"),
            },
            tar_format=form,
        )
        seen = [
            (m.path, m.kind, m.size, m.mode, m.uid, m.gid, m.target, m.read(99)) for m in read_members(io.BytesIO(tar))
        ]
        assert seen == [
            ("usr", MemberKind.FOLDER, 0, 0o755, 0, 0, "", b""),
            ("usr/lib", MemberKind.SYMLINK, 0, 0o777, 0, 0, "../lib", b""),
            ("usr/bin/sh", MemberKind.FILE, 2, 0o4755, 3, 70000, "", b"#!"),
            ("bin/sh", MemberKind.HARDLINK, 0, 0o644, 0, 0, "usr/bin/sh", b""),
        ]

    @pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_long_names_and_links(self, form, image_builder):
        long, target = "d/" * 150 + "ü" * 60, "t/" * 140 + "x"
        tar = image_builder.layer(
            {long: b"1", "l": image_builder.symlink(target), "h": image_builder.hardlink(target)}, tar_format=form
        )
        assert [(m.path, m.target) for m in walk(tar)] == [(long, ""), ("l", target), ("h", target)]

    def test_ustar_prefix(self, image_builder):
        long = "folder/" * 25 + "file"
        assert [m.path for m in walk(image_builder.layer({long: b""}, tar_format=tarfile.USTAR_FORMAT))] == [long]

    def test_gnu_header_has_no_prefix(self):
        assert [m.path for m in walk(header(b"a", magic=b"ustar  \0", prefix=b"12345670") + END)] == ["a"]

    def test_old_tar_without_magic(self):
        assert [
            (m.path, m.kind)
            for m in walk(header(b"a", kind=b"\0", magic=b"") + header(b"d/", kind=b"\0", magic=b"") + END)
        ] == [
            ("a", MemberKind.FILE),
            ("d", MemberKind.FOLDER),
        ]

    def test_pax_size_uid_gid_override_the_header(self):
        tar = (
            pax([("size", "5"), ("uid", "4000000000"), ("gid", "7")])
            + header(b"a", 0)
            + padded(b"hello")
            + header(b"b")
            + END
        )
        members = [(m.path, m.size, m.uid, m.gid, m.read(9)) for m in read_members(io.BytesIO(tar))]
        assert members == [("a", 5, 4000000000, 7, b"hello"), ("b", 0, 0, 0, b"")]

    def test_an_empty_pax_value_takes_the_key_back(self):
        assert [m.path for m in walk(pax([("path", "x"), ("path", "")]) + header(b"a") + END)] == ["a"]

    def test_pax_global_headers_are_passed_over_like_the_engines_do(self):
        record = b"14 path=every\n"
        tar = header(b"g", len(record), b"g") + padded(record) + header(b"a") + END
        assert [m.path for m in walk(tar)] == ["a"]

    def test_gnu_long_name_wins_over_pax(self):
        tar = header(b"././@LongLink", 4, b"L") + padded(b"gnu\0") + pax([("path", "pax")]) + header(b"a") + END
        assert [m.path for m in walk(tar)] == ["gnu"]

    def test_base_256_numbers(self):
        tar = header(
            b"a",
            size_field=b"\x80" + (5).to_bytes(11, "big"),
            numbers=b"0000644\0\x80" + (99).to_bytes(7, "big") + b"0000000\0",
        )
        assert [(m.size, m.uid) for m in walk(tar + padded(b"hello") + END)] == [(5, 99)]

    def test_duplicates_come_in_order(self):
        tar = header(b"a", 1) + padded(b"1") + header(b"a", 1) + padded(b"2") + END
        assert [m.read(1) for m in read_members(io.BytesIO(tar))] == [b"1", b"2"]

    def test_devices_and_pipes_are_other(self):
        assert {
            m.kind for m in walk(header(b"a", kind=b"3") + header(b"b", kind=b"6") + header(b"c", kind=b"V") + END)
        } == {MemberKind.OTHER}

    def test_links_have_no_data_even_if_they_claim_some(self):
        assert [m.path for m in walk(header(b"l", 700, b"2", link=b"x") + header(b"a") + END)] == ["l", "a"]

    def test_signed_checksum_of_old_tars(self):
        block = bytearray(header(b"caf\xe9"))
        block[148:156] = b" " * 8
        signed = sum(byte - 256 if byte > 127 else byte for byte in block)
        block[148:156] = f"{signed:06o}\0 ".encode()
        assert len(walk(bytes(block) + END)) == 1


class TestEnd:
    def test_without_end_marker(self):
        assert len(walk(header(b"a"))) == 1

    def test_one_block_of_zeros(self):
        assert len(walk(header(b"a") + bytes(512))) == 1

    def test_nothing_at_all(self):
        assert walk(b"") == []

    def test_what_follows_the_end_is_not_read(self):
        assert len(walk(header(b"a") + END + b"rubbish")) == 1

    def test_a_member_after_one_block_of_zeros_is_an_error(self):
        with pytest.raises(InputError, match="after the end"):
            walk(header(b"a") + bytes(512) + header(b"b") + END)


class TestDamage:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (header(b"a", 10) + b"short", "truncated"),
            (header(b"a", 513) + bytes(512), "truncated"),
            (header(b"a")[:300], "truncated"),
            (header(b"a", 1 << 32) + bytes(5000), "claims more than there is"),
            (b"\x01" * 512, "does not begin"),
            (header(b"a") + b"\x01" * 512, "checksum"),
            (b"not a tar at all " * 50, "does not begin"),
            (header(b"a", size_field=b"\xff" * 12), "negative"),
            (header(b"a", size_field=b"\x80" + b"\x7f" * 11), "claims"),
            (header(b"a", size_field=b"0000000_1\0\0\0"), "not octal"),
            (header(b"L", 1 << 21, b"L") + bytes(1 << 22), "extended header claims"),
            (header(b"x", 3, b"x") + padded(b"abc") + header(b"a") + END, "malformed"),
            (header(b"x", 7, b"x") + padded(b"9 a=bc\n") + header(b"a") + END, "malformed"),
            (header(b"x", 6, b"x") + padded(b"6 abc\n") + header(b"a") + END, "without a key"),
            (pax([("path", b"a\0b")]) + header(b"a") + END, "NUL"),
            (pax([("size", "-1")]) + header(b"a") + END, "malformed"),
            (pax([("size", "9" * 25)]) + header(b"a") + END, "malformed"),
        ],
    )
    def test_is_an_input_error(self, content, says):
        with pytest.raises(InputError, match=says):
            walk(content)

    def test_names_what_is_read(self):
        with pytest.raises(InputError, match=r"Layer 3 cannot be read as a tar: It is truncated: .*Pull or export"):
            walk(header(b"a", 10), name="Layer 3")

    def test_too_many_members(self):
        with pytest.raises(InputError, match="more than 5 members"):
            walk(header(b"a") * 6 + END, limits=Limits(members=5))

    def test_sparse_that_claims_the_universe(self):
        tar = pax([("GNU.sparse.size", "9" * 18), ("GNU.sparse.map", "0,0")]) + header(b"a") + END
        with pytest.raises(InputError, match="sparse member claims"):
            walk(tar)

    @given(st.binary(max_size=3000))
    @settings(max_examples=150, deadline=None)
    def test_random_bytes(self, content):
        try:
            for member in read_members(io.BytesIO(content)):
                member.read(1 << 20)
        except InputError:
            pass

    @given(st.lists(st.tuples(st.integers(0, 6143), st.integers(0, 255)), max_size=6), st.integers(0, 6144))
    @settings(max_examples=250, deadline=None)
    def test_a_real_tar_with_bytes_changed_and_cut(self, changes, length):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in ("a", "x" * 200):
                info = tarfile.TarInfo(name)
                info.size = 600
                archive.addfile(info, io.BytesIO(b"y" * 600))
        content = bytearray(buffer.getvalue()[:6144])
        for at, value in changes:
            content[at] = value
        try:
            for member in read_members(io.BytesIO(bytes(content[:length]))):
                assert len(b"".join(member.chunks())) == member.size
        except InputError:
            pass


class TestContent:
    def test_read_takes_the_beginning_only(self):
        [content] = [m.read(3) for m in read_members(io.BytesIO(header(b"a", 10) + padded(b"0123456789") + END))]
        assert content == b"012"

    def test_reading_on_after_the_head(self):
        member = next(iter(read_members(io.BytesIO(header(b"a", 10) + padded(b"0123456789") + END))))
        assert (member.read(4), b"".join(member.chunks())) == (b"0123", b"456789")

    def test_a_stale_member_says_so(self):
        members = walk(header(b"a", 1) + padded(b"1") + header(b"b", 1) + padded(b"2") + END)
        with pytest.raises(RuntimeError, match="moved on"):
            members[0].read(1)
        with pytest.raises(RuntimeError, match="moved on"):
            list(members[0].chunks())

    @given(
        st.lists(st.integers(0, 700_000), max_size=5),
        st.lists(st.integers(1, 300_000), min_size=1, max_size=4),
        st.booleans(),
    )
    @settings(max_examples=25, deadline=None)
    def test_any_size_of_pieces_gives_the_same(self, sizes, pieces, taken):
        contents = [bytes([n + 1]) * size for n, size in enumerate(sizes)]
        tar = b"".join(header(b"f", len(content)) + padded(content) for content in contents) + END

        def cut():
            at = turn = 0
            while at < len(tar):
                yield tar[at : at + pieces[turn % len(pieces)]]
                at += pieces[turn % len(pieces)]
                turn += 1

        found = [m.read(m.size) if taken else m.size for m in read_members(ChunkSource(cut()))]
        assert found == [content if taken else len(content) for content in contents]


HOLES = [b"head" + bytes(300_000) + b"middle" + bytes(200_000), bytes(1_000_000), bytes(70_000) + b"end"]


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs GNU tar")
@pytest.mark.parametrize(
    "form", ["gnu", "posix --sparse-version=0.0", "posix --sparse-version=0.1", "posix --sparse-version=1.0"]
)
def test_sparse_files_that_gnu_tar_wrote(form, tmp_path):
    names = []
    for number, content in enumerate(HOLES):
        with (tmp_path / f"f{number}").open("wb") as file:
            for at in range(0, len(content), 4096):
                block = content[at : at + 4096]
                if block.strip(b"\0"):
                    file.seek(at)
                    file.write(block)
            file.truncate(len(content))
        names.append(f"f{number}")
    many = tmp_path / "many"
    with many.open("wb") as file:
        for number in range(60):
            file.seek(number * 65536)
            file.write(b"x" * 4096)
    tar = tmp_path / "out.tar"
    version = form.split()
    subprocess.run(
        ["tar", "-C", tmp_path, "--sparse", f"--format={version[0]}", *version[1:], "-cf", tar, *names, "many"],
        check=True,
    )
    found = {m.path: (m.size, m.read(1 << 30)) for m in read_members(io.BytesIO(tar.read_bytes()))}
    assert tar.stat().st_size < 500_000
    for name, content in zip(names, HOLES, strict=True):
        assert found[name] == (len(content), content)
    assert found["many"] == (many.stat().st_size, many.read_bytes())


def test_sparse_maps_that_do_not_fit_are_refused():
    for text in ("0,5,3,5", "5,5", "0,9", "0", "0,5,x,1"):
        tar = pax([("GNU.sparse.size", "8"), ("GNU.sparse.map", text)]) + header(b"a", 5) + padded(b"12345") + END
        with pytest.raises(InputError):
            walk(tar)


def test_whole_sparse_content_in_pieces_is_bounded():
    tar = (
        pax([("GNU.sparse.size", "1000000"), ("GNU.sparse.map", "500000,5")]) + header(b"a", 5) + padded(b"12345") + END
    )
    member = next(iter(read_members(io.BytesIO(tar))))
    pieces = list(member.chunks())
    assert max(map(len, pieces)) <= 64 * 1024
    assert b"".join(pieces) == bytes(500_000) + b"12345" + bytes(499_995)
