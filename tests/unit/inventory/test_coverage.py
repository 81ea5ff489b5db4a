import pytest


def kinds(inventory):
    return [note.kind for note in inventory.coverage.notes]


def test_a_distribution_with_its_packages_is_complete(take, m):
    inventory = take([m.debian(), m.dpkg(a="1"), m.file("bin/sh", b"x", 0o755)])
    assert inventory.coverage.complete
    assert inventory.coverage.package_types == {"deb": 1}


def test_nothing_at_all_is_not_complete(take, m):
    inventory = take([m.file("app/data", b"x")])
    assert not inventory.coverage.complete
    assert kinds(inventory) == ["no-os"]
    assert kinds(take()) == ["no-os"]


def test_parts_of_a_system_without_name_and_database(take, m):
    inventory = take([m.file("bin/busybox", b"x", 0o755), m.dist_info("opt", "x", "1")])
    assert kinds(inventory) == ["no-os"]
    assert "bin/busybox" in inventory.coverage.notes[0].reason


def test_language_packages_alone_are_complete(take, m):
    assert take([m.dist_info("opt", "x", "1")]).coverage.complete


def test_a_database_without_a_name(take, m):
    inventory = take([m.dpkg(a="1")])
    assert kinds(inventory) == ["unknown-os"]
    assert [package.purl for package in inventory.packages] == ["pkg:deb/debian/a@1?arch=amd64"]


@pytest.mark.parametrize("database", [None, b"", b"\xff\x00nonsense"])
def test_a_name_without_packages(take, m, database):
    layer = [m.debian()] + ([m.file("var/lib/dpkg/status", database)] if database is not None else [])
    assert kinds(take(layer)) == ["unreadable-database"]


def test_a_release_file_that_cannot_be_read(take, m):
    assert kinds(take([m.file("etc/os-release", b"garbage"), m.dpkg(a="1")])) == ["unreadable-file", "unknown-os"]


def test_a_broken_file_counts_only_while_it_is_there(take, m):
    layer = [m.debian(), m.dpkg(a="1"), m.file("app/node_modules/x/package.json", b"{")]
    inventory = take(layer)
    assert [(note.kind, note.path, note.layer) for note in inventory.coverage.notes] == [
        ("unreadable-file", "app/node_modules/x/package.json", 0)
    ]
    assert take(layer, [m.file("app/.wh.node_modules")]).coverage.complete


def test_a_broken_database_that_does_not_speak_for_the_image_does_not_count(take, m):
    assert take([m.debian(), m.dpkg(a="1"), m.file("srv/fixture/Packages.db", b"x")]).coverage.complete


def test_package_managers_that_are_not_read(take, m):
    inventory = take([m.debian(), m.dpkg(a="1"), m.file("nix/store/abc-hello/bin/hello", b"x", 0o755)])
    assert kinds(inventory) == ["unsupported"]
    assert "Nix" in inventory.coverage.notes[0].reason


def test_notes_of_layers_carry_the_layer(take, m):
    inventory = take(
        [m.debian(), m.dpkg(a="1")],
        [m.file("var/lib/dpkg/status", m.dpkg(a="1").read(999) + b"\nPackage: b\nStatus: install ok installed\n")],
    )
    assert [(note.kind, note.layer) for note in inventory.coverage.notes] == [("unreadable-database", 1)]
    assert not inventory.coverage.complete
