import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.images.tarstream import Member, MemberKind
from landwaiter.inventory.analyser import Content
from landwaiter.inventory.models import Evidence
from landwaiter.inventory.os import rpm
from landwaiter.inventory.os.rpm_bdb import read_bdb
from landwaiter.inventory.os.rpm_ndb import read_ndb
from landwaiter.inventory.os.rpm_sqlite import read_sqlite, wal_pages

SQLITE = "var/lib/rpm/rpmdb.sqlite"


def content_of(path, blob):
    return Content(
        Member(path, MemberKind.FILE, len(blob), 0o644, 0, 0, "", lambda n: blob[:n], lambda: iter([blob])), 1 << 28
    )


@pytest.fixture
def blobs(rpm_files):
    files = {"dirnames": ["/usr/bin/"], "basenames": ["big"], "dirindexes": [0], "digests": ["ab" * 16]}
    return [
        rpm_files.package("small", "1.0", "1"),
        rpm_files.package("gpg-pubkey", "abcd", "1234"),
        rpm_files.package(
            "big", "2.0", "3.el9", epoch=1, sourcerpm="source-2.0-3.el9.src.rpm", license="MIT " * 3000, **files
        ),
    ]


def read_sqlite_files(files):
    """The evidence of the database; that of its log says nothing, but replaces one that did."""
    evidence, *logs = rpm.read_sqlite_files(files)
    assert logs == [Evidence(path, rpm.SQLITE) for path in files if path != evidence.path]
    return evidence


def check(evidence):
    assert [(package.name, package.version) for package in evidence.packages] == [
        ("small", "1.0-1"),
        ("big", "1:2.0-3.el9"),
    ]
    big = evidence.packages[1]
    assert (big.source_name, big.source_version, big.arch) == ("source", "1:2.0-3.el9", "x86_64")
    assert evidence.owned == {"usr/bin/big": "big"}
    assert evidence.owned_digests == {"usr/bin/big": "md5:" + "ab" * 8}
    assert not evidence.notes


def test_ndb(rpm_files, blobs):
    check(rpm.read_ndb_file("usr/lib/sysimage/rpm/Packages.db", rpm_files.ndb(blobs)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("size", [512, 4096])
def test_bdb_in_either_byte_order(rpm_files, blobs, order, size):
    check(rpm.read_bdb_file(content_of("var/lib/rpm/Packages", rpm_files.bdb(blobs, order, size))))


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_sqlite(rpm_files, blobs, tmp_path, page_size):
    database, _ = rpm_files.sqlite(tmp_path, blobs, page_size=page_size)
    check(read_sqlite_files({SQLITE: database}))


def test_sqlite_with_a_tree_of_pages(rpm_files, tmp_path):
    database, _ = rpm_files.sqlite(
        tmp_path, [rpm_files.package(f"p{n}", license="x" * 300) for n in range(700)], page_size=512
    )
    evidence = read_sqlite_files({SQLITE: database})
    assert {package.name for package in evidence.packages} == {f"p{n}" for n in range(700)}


def test_what_is_only_in_the_write_ahead_log_counts(rpm_files, blobs, tmp_path):
    late = {2: rpm_files.package("late", license="y" * 9000), 9: rpm_files.package("later")}
    database, log = rpm_files.sqlite(tmp_path, blobs, late=late)
    assert log
    evidence = read_sqlite_files({SQLITE: database, f"{SQLITE}-wal": log})
    assert [package.name for package in evidence.packages] == ["small", "late", "big", "later"]


def test_frames_after_the_last_whole_commit_do_not_count(rpm_files, blobs, tmp_path):
    database, log = rpm_files.sqlite(tmp_path, blobs, late={9: rpm_files.package("torn")})
    torn = bytearray(log)
    torn[-1] ^= 1
    evidence = read_sqlite_files({SQLITE: database, f"{SQLITE}-wal": bytes(torn)})
    assert [package.name for package in evidence.packages] == ["small", "big"]


def test_a_log_without_its_database_is_unreadable_only_when_it_changes_something(rpm_files, blobs, tmp_path):
    _, log = rpm_files.sqlite(tmp_path, blobs, late={9: rpm_files.package("late")})
    assert read_sqlite_files({f"{SQLITE}-wal": log}).unreadable
    assert read_sqlite_files({f"{SQLITE}-wal": b""}) == Evidence(f"{SQLITE}-wal", rpm.SQLITE)


def test_a_log_that_is_absurdly_large_is_not_read(rpm_files, blobs, tmp_path):
    database, _ = rpm_files.sqlite(tmp_path, blobs)
    with pytest.raises(InputError, match="write-ahead log"):
        rpm.read_sqlite_files({SQLITE: database, f"{SQLITE}-wal": b"x" * (33 << 20)})


def test_rows_that_overlap_end(rpm_files, tmp_path):
    """One long row, to which all the cells of its page point."""
    database, _ = rpm_files.sqlite(tmp_path, [rpm_files.package("a", license="x" * 50_000)] * 3, page_size=65536)
    damaged = bytearray(database)
    for page in range(65536, len(damaged), 65536):
        if damaged[page] == 13 and damaged[page + 3 : page + 5] == b"\0\1":
            damaged[page + 3 : page + 5] = (5000).to_bytes(2, "big")
            damaged[page + 8 : page + 8 + 10_000] = damaged[page + 8 : page + 10] * 5000
    with pytest.raises(InputError, match="overlap"):
        list(read_sqlite(bytes(damaged), {}))


def test_empty_databases_have_no_packages():
    assert read_sqlite_files({SQLITE: b""}).packages == ()
    assert rpm.read_ndb_file("var/lib/rpm/Packages.db", b"").packages == ()
    assert rpm.read_bdb_file(content_of("var/lib/rpm/Packages", b"")).packages == ()


def test_a_package_list_of_a_repository_is_no_database():
    assert rpm.read_bdb_file(content_of("srv/repo/Packages", b"Package: a\nVersion: 1\n")) is None
    with pytest.raises(InputError):
        rpm.read_bdb_file(content_of("var/lib/rpm/Packages", b"Package: a\nVersion: 1\n"))


def test_a_damaged_row_is_noted_and_the_others_are_read(rpm_files):
    evidence = rpm.read_ndb_file("x/Packages.db", rpm_files.ndb([rpm_files.package("good"), b"\xff" * 40]))
    assert [package.name for package in evidence.packages] == ["good"]
    assert [note.kind for note in evidence.notes] == ["unreadable-database"]


def test_a_database_cut_short_is_noted(rpm_files, blobs):
    evidence = rpm.read_ndb_file("x/Packages.db", rpm_files.ndb(blobs)[:-9000])
    assert [package.name for package in evidence.packages] == ["small"]
    assert evidence.notes[0].kind == "unreadable-database"


def test_loops_of_overflow_pages_end(rpm_files, blobs):
    damaged = bytearray(rpm_files.bdb(blobs))
    pages = range(512, len(damaged), 512)
    for page in pages:
        if damaged[page + 25] == 7:
            damaged[page + 16 : page + 20] = (page // 512).to_bytes(4, "little")
    with pytest.raises(InputError):
        list(read_bdb(bytes(damaged)))


def test_loops_of_tree_pages_end(rpm_files, tmp_path):
    database, _ = rpm_files.sqlite(tmp_path, [rpm_files.package(f"p{n}") for n in range(400)], page_size=512)
    damaged = bytearray(database)
    for page in range(0, len(damaged), 512):
        if page and damaged[page] == 5:
            damaged[page + 8 : page + 12] = (page // 512 + 1).to_bytes(4, "big")
    with pytest.raises(InputError):
        list(read_sqlite(bytes(damaged), {}))


MANIFEST = (
    "bash\t5.1.8-1.cm2\t1653816591\t1653753130\tMicrosoft Corporation\t(none)\t2580\tx86_64\t0\tbash-5.1.8-1.cm2.src.rpm\n"
    "openssl-libs\t1.1.1k-13.cm2\t1\t1\tMicrosoft Corporation\t1\t1\tx86_64\t1\topenssl-1.1.1k-13.cm2.src.rpm\n"
    "gpg-pubkey\t1-1\t1\t1\t(none)\t(none)\t0\t(none)\t0\t(none)\n"
)


def test_mariner_manifest():
    evidence = rpm.read_manifest("var/lib/rpmmanifest/container-manifest-2", MANIFEST.encode())
    assert [(package.name, package.version, package.source_name) for package in evidence.packages] == [
        ("bash", "5.1.8-1.cm2", ""),
        ("openssl-libs", "1:1.1.1k-13.cm2", "openssl"),
    ]
    assert not evidence.notes


def test_mariner_manifest_with_a_broken_line():
    evidence = rpm.read_manifest("m", MANIFEST.encode() + b"broken\tline\n")
    assert len(evidence.packages) == 2
    assert evidence.notes
    with pytest.raises(InputError):
        rpm.read_manifest("m", b"broken\n")


@settings(max_examples=150)
@given(st.binary(max_size=2000))
def test_random_bytes_are_refused(blob):
    for read in (read_ndb, read_bdb, lambda content: read_sqlite(content, {})):
        with pytest.raises(InputError):
            list(read(blob))


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_damage_gives_headers_or_an_input_error(rpm_files, blobs, tmp_path_factory, data):
    kind = data.draw(st.sampled_from(["ndb", "bdb", "sqlite", "wal"]))
    if kind in ("sqlite", "wal"):
        database, log = rpm_files.sqlite(tmp_path_factory.mktemp("db"), blobs, late={9: b"x" * 5000}, page_size=512)
        content = log if kind == "wal" else database
    else:
        content = rpm_files.ndb(blobs) if kind == "ndb" else rpm_files.bdb(blobs)
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    readers = {
        "ndb": read_ndb,
        "bdb": read_bdb,
        "sqlite": lambda content: read_sqlite(content, {}),
        "wal": lambda log: read_sqlite(database, wal_pages(log)),
    }
    with contextlib.suppress(InputError):
        assert sum(map(len, readers[kind](bytes(damaged)))) <= 3 * len(content) + 20000
