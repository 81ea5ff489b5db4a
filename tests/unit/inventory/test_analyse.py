import pytest

from landwaiter.errors import InputError
from landwaiter.images.tarstream import Member, MemberKind, MemberStream
from landwaiter.inventory import bounds
from landwaiter.inventory.analyse import analyse_layer
from landwaiter.inventory.models import FileFact


def paths(facts):
    return [evidence.path for evidence in facts.evidence]


def test_whiteouts_and_opaque_folders(analyse, m):
    facts = analyse(
        m.file("app/.wh.node_modules"),
        m.file(".wh.opt"),
        m.file("srv/.wh..wh..opq"),
        m.file(".wh..wh..opq"),
        m.file(".wh..wh.plnk"),
        m.file(".wh..wh.aufs", b"x"),
        m.file("a/.wh."),
        m.file("a/.wh..."),
        m.file("b/x.wh.y"),
    )
    assert facts.whiteouts == ("app/node_modules", "opt")
    assert facts.opaque == ("srv", "")
    assert facts.evidence == ()


def test_a_later_member_of_the_same_path_counts(analyse, m):
    path = "app/node_modules/x"
    twice = analyse(m.package_json(path, "x", "1"), m.package_json(path, "x", "2"))
    assert [package.version for evidence in twice.evidence for package in evidence.packages] == ["2"]
    for other in (
        m.symlink(f"{path}/package.json", "/dev/null"),
        m.device(f"{path}/package.json"),
        m.file(f"{path}/package.json", b"", 0o644),
    ):
        facts = analyse(m.package_json(path, "x", "1"), other)
        assert [package.version for evidence in facts.evidence for package in evidence.packages] == []


def test_a_hard_link_to_evidence_counts_for_both_names(analyse, m):
    facts = analyse(
        m.package_json("a/node_modules/x", "x", "1"),
        m.hardlink("b/node_modules/x/package.json", "a/node_modules/x/package.json"),
    )
    assert paths(facts) == ["a/node_modules/x/package.json", "b/node_modules/x/package.json"]
    assert facts.evidence[0].packages == facts.evidence[1].packages


def test_a_hard_link_to_a_nameless_file_is_read_in_a_second_pass(analyse, m):
    store = m.file("root/.pnpm-store/v3/files/ab/cdef", b'{"name": "x", "version": "1"}')
    members = (
        store,
        m.hardlink("app/node_modules/x/package.json", store.path),
        m.hardlink("b/node_modules/x/package.json", store.path),
    )
    facts = analyse(*members)
    assert paths(facts) == ["app/node_modules/x/package.json", "b/node_modules/x/package.json"]
    assert facts.hardlinks == {}
    assert analyse(*members, again=False).hardlinks == {members[1].path: store.path, members[2].path: store.path}


def test_a_hard_link_into_a_lower_layer_is_left_to_coalescing(analyse, m):
    facts = analyse(m.hardlink("b/node_modules/x/package.json", "a/node_modules/x/package.json"))
    assert facts.hardlinks == {"b/node_modules/x/package.json": "a/node_modules/x/package.json"}


def test_files_that_belong_together_are_read_at_the_end(analyse, m):
    facts = analyse(
        m.file("var/lib/rpm/rpmdb.sqlite-wal"),
        m.file("var/lib/rpm/rpmdb.sqlite", b"garbage"),
        m.file("x/rpmdb.sqlite", b""),
    )
    assert paths(facts) == ["var/lib/rpm/rpmdb.sqlite", "x/rpmdb.sqlite"]
    assert facts.evidence[0].unreadable
    assert not facts.evidence[1].unreadable


def test_what_cannot_be_read_is_told(analyse, m):
    facts = analyse(m.file("var/lib/dpkg/status", b"\xff\x00"), m.file("app/node_modules/x/package.json", b"{"))
    assert all(evidence.unreadable for evidence in facts.evidence)


def test_a_status_file_of_two_gigabytes_is_not_read(analyse):
    def read(limit):
        raise AssertionError("it must not be read")

    huge = Member("var/lib/dpkg/status", MemberKind.FILE, 2 << 30, 0o644, 0, 0, "", read, lambda: iter([]))
    (evidence,) = analyse(huge).evidence
    assert evidence.notes[0].kind == "too-large"


def test_setuid_notable_and_accounts(analyse, m):
    facts = analyse(
        m.file("usr/bin/su", b"x", 0o4755),
        m.file("usr/bin/mount", b"x", 0o755),
        m.file("app/data", b"x", 0o666),
        m.folder("app/open", 0o777),
        m.folder("tmp", 0o1777),
        m.folder("app/.git"),
        m.file("app/.env", b"A=b"),
        m.file("var/lib/apt/lists/a", b"12345"),
        m.file("var/lib/apt/lists/b", b"123"),
        m.file("etc/passwd", b"root:x:0:0::/root:/bin/sh\n"),
        m.file("etc/shadow", b"root:*:1::::::\n"),
    )
    assert facts.setuid == (FileFact("usr/bin/su", 0o4755, size=1),)
    assert facts.unprivileged == ("usr/bin/mount",)
    assert [(fact.path, fact.kind, fact.size) for fact in facts.notable] == [
        ("app/data", "world-writable", 1),
        ("app/open", "world-writable-folder", 0),
        ("app/.git", "clutter", 0),
        ("app/.env", "credential", 3),
        ("var/lib/apt/lists", "cache", 8),
    ]
    assert set(facts.accounts) == {"etc/passwd", "etc/shadow"}


def test_secrets_are_found_where_they_are_likely(analyse, m):
    line = "db_password = Zk8wPq2mLx!"
    facts = analyse(
        m.file("app/config.ini", line),
        m.file("usr/share/x.ini", line),
        m.file("app/big.ini", line + " " * 300_000),
        m.file("app/main.c", line),
    )
    assert [secret.path for secret in facts.secrets] == ["app/config.ini"]


def test_links_folders_and_traces_that_matter(analyse, m):
    facts = analyse(
        m.folder("usr"),
        m.folder("usr/lib"),
        m.folder("usr/lib/x"),
        m.symlink("lib", "usr/lib"),
        m.symlink("etc/os-release", "../usr/lib/os-release"),
        m.symlink("var/lib/rpm", "../../usr/lib/sysimage/rpm"),
        m.symlink("usr/lib/libx.so", "libx.so.1"),
        m.symlink("bin/sh", "dash"),
        m.file("srv/node_modules", b"not a folder"),
    )
    assert set(facts.symlinks) == {"lib", "etc/os-release", "var/lib/rpm"}
    assert facts.folders == ("usr", "usr/lib")
    assert facts.replaced == ("srv/node_modules",)
    assert facts.traces == ("bin/sh (a shell)",)


def test_what_the_databases_own_is_reduced_to_what_matters(analyse, m):
    listing = "/.\n/usr/bin/tool\n/usr/share/man/tool.1\n/usr/lib/python3/dist-packages/t-1.egg-info\n"
    facts = analyse(
        m.file("var/lib/dpkg/info/tool.list", listing),
        m.file("usr/bin/tool", b"x", 0o755),
        m.file("usr/bin/other", b"x", 0o755),
        m.file("opt/bin/thing", b"x", 0o755),
    )
    (evidence,) = facts.evidence
    assert evidence.owned == {"usr/bin/tool": "tool", "usr/lib/python3/dist-packages/t-1.egg-info": "tool"}
    assert facts.programs == ("usr/bin/other",)


def test_what_the_reader_left_out_is_told(m):
    stream = MemberStream(iter([m.file("a")]))
    stream.refuse("../../etc/passwd")
    stream.unreadable.append("secret/file")
    facts = analyse_layer("sha256:x", stream)
    assert [(note.kind, note.path) for note in facts.notes] == [
        ("path-refused", ""),
        ("unreadable-file", "secret/file"),
    ]
    assert "../../etc/passwd" in facts.notes[0].reason


def test_paths_that_no_system_can_open_are_refused(analyse, m):
    facts = analyse(m.package_json("node_modules/" * 400 + "x", "x", "1"), m.file("a/" * 3000 + ".wh.x"))
    assert facts.evidence == ()
    assert facts.whiteouts == ()
    assert [note.kind for note in facts.notes] == ["path-refused"]


def test_files_that_could_have_been_evidence_are_remembered(analyse, m):
    facts = analyse(
        m.file("app/package.json", b"{}"),
        m.file("app/server", b"#!/bin/sh\n" + b"x" * 90, 0o755),
        m.file("app/tiny", b"x", 0o755),
        m.file("usr/bin/tool", b"#!/bin/sh\n" + b"x" * 90, 0o755),
        m.file("app/x/data", b"x"),
    )
    assert set(facts.replaced) == {"app/package.json", "app/server", "app/tiny"}
    assert facts.programs == ("usr/bin/tool",)


def test_counts(analyse, m):
    facts = analyse(m.folder("a"), m.file("a/b", b"12345"), name="sha256:n")
    assert (facts.diff_id, facts.entries, facts.size) == ("sha256:n", 2, 5)


def test_errors_of_the_stream_are_raised():
    def members():
        yield Member("a", MemberKind.FILE, 0, 0o644, 0, 0, "", lambda limit: b"", lambda: iter([]))
        raise InputError("The layer is truncated.")

    with pytest.raises(InputError, match="truncated"):
        analyse_layer("sha256:x", members())


def test_more_than_the_bounds_allow_is_told(analyse, m, monkeypatch):
    monkeypatch.setattr(bounds, "MAX_MEMBERS", 5)
    facts = analyse(*(m.package_json(f"node_modules/p{n}", f"p{n}", "1") for n in range(8)))
    assert len(facts.evidence) == 5
    assert [note.kind for note in facts.notes] == ["too-many"]
    monkeypatch.undo()
    for name in ("MAX_EVIDENCE", "MAX_PACKAGES"):
        monkeypatch.setattr(bounds, name, 3)
        facts = analyse(*(m.package_json(f"node_modules/p{n}", f"p{n}", "1") for n in range(8)))
        assert len(facts.evidence) == 3
        assert "5 files" in facts.notes[0].reason
        monkeypatch.undo()
    monkeypatch.setattr(bounds, "MAX_WHITEOUTS", 2)
    assert [note.kind for note in analyse(*(m.file(f".wh.{n}") for n in range(3))).notes] == ["too-many"]


def test_the_same_members_give_the_same_facts(analyse, m):
    members = [m.debian(), m.dpkg(a="1"), m.dist_info("opt", "x", "1"), m.file("app/.env", b"token = Zk8wPq2mLx!")]
    assert analyse(*members) == analyse(*members)
