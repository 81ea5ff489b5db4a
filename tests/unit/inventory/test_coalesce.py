import msgspec
import pytest

from landwaiter.errors import InputError
from landwaiter.images.models import HistoryEntry
from landwaiter.inventory.coalesce import coalesce
from landwaiter.inventory.models import Inventory, LayerFacts, Location


def packages(inventory, kind=None):
    return {(package.name, package.version) for package in inventory.packages if kind in (None, package.type)}


def where(inventory, name):
    return [
        (one.path, one.layer) for package in inventory.packages if package.name == name for one in package.locations
    ]


DEBIAN = "ID=debian\nVERSION_ID=12\n"
SITE = "opt/site-packages"


def test_a_database_is_replaced_and_each_package_belongs_to_the_layer_that_brought_it(take, m):
    inventory = take(
        [m.debian(), m.dpkg(a="1", b="1", gone="1")],
        [m.dpkg(a="1", b="2", c="1")],
        [m.dpkg(a="1", b="2", c="1", d="1")],
    )
    assert packages(inventory) == {("a", "1"), ("b", "2"), ("c", "1"), ("d", "1")}
    assert [where(inventory, name)[0][1] for name in "abcd"] == [0, 1, 1, 2]
    assert inventory.coverage.complete


def test_a_package_that_was_away_belongs_to_the_layer_that_brought_it_back(take, m):
    inventory = take([m.debian(), m.dpkg(a="1", b="1")], [m.dpkg(b="1")], [m.dpkg(a="1", b="1")])
    assert where(inventory, "a")[0][1] == 2
    assert where(inventory, "b")[0][1] == 0


def test_whiteouts(take, m):
    base = [
        m.debian(),
        m.dpkg(a="1"),
        m.dist_info(SITE, "x", "1"),
        m.dist_info(SITE, "y", "1"),
        m.dist_info("opt/other", "z", "1"),
    ]
    inventory = take(base, [m.file(f"{SITE}/.wh.x-1.dist-info"), m.file("opt/.wh.other")])
    assert packages(inventory, "pypi") == {("y", "1")}


def test_a_whiteout_does_not_hide_its_own_layer(take, m):
    inventory = take([m.dist_info(SITE, "x", "1")], [m.file("opt/.wh.site-packages"), m.dist_info(SITE, "x", "2")])
    assert packages(inventory) == {("x", "2")}


def test_opaque_folders(take, m):
    base = [m.dist_info(SITE, "x", "1"), m.dist_info("srv", "y", "1")]
    assert packages(take(base, [m.file(f"{SITE}/.wh..wh..opq"), m.dist_info(SITE, "z", "1")])) == {
        ("y", "1"),
        ("z", "1"),
    }
    assert packages(take(base, [m.file(".wh..wh..opq")])) == set()


def test_a_file_or_link_replaces_a_folder(take, m):
    base = [m.package_json("srv/node_modules/x", "x", "1"), m.package_json("srv/node_modules/y", "y", "1")]
    assert packages(take(base, [m.file("srv/node_modules/x", b"x")])) == {("y", "1")}
    assert packages(take(base, [m.symlink("srv/node_modules/x", "../x")])) == {("y", "1")}
    assert packages(take(base, [m.symlink("srv/node_modules", "/elsewhere")])) == set()


def test_an_evidence_that_says_nothing_any_more_replaces_one_that_did(take, m):
    base = [m.package_json("srv/node_modules/x", "x", "1")]
    assert packages(take(base, [m.file("srv/node_modules/x/package.json", b'{"type": "module"}')])) == set()
    assert packages(take(base, [m.symlink("srv/node_modules/x/package.json", "/dev/null")])) == set()


def test_a_file_that_is_no_evidence_replaces_one_that_was(take, m):
    base = [m.package_json("app", "app", "1"), m.dist_info(SITE, "x", "1")]
    inventory = take(base, [m.file("app/package.json", b'{"private": true}')])
    assert packages(inventory) == {("x", "1")}


def test_unchanged_language_packages_keep_their_layer(take, m):
    inventory = take([m.dist_info(SITE, "x", "1")], [m.dist_info(SITE, "x", "1")])
    assert where(inventory, "x") == [(f"{SITE}/x-1.dist-info/METADATA", 0)]


def test_the_same_package_at_two_places_is_one(take, m):
    inventory = take([m.dist_info(SITE, "x", "1")], [m.dist_info("srv", "x", "1")])
    (package,) = inventory.packages
    assert package.locations == (
        Location(f"{SITE}/x-1.dist-info/METADATA", 0),
        Location("srv/x-1.dist-info/METADATA", 1),
    )


def test_links_to_os_release_across_layers(take, m):
    real = m.file("usr/lib/os-release", "ID=fedora\nVERSION_ID=39\n")
    inventory = take([real], [m.symlink("etc/os-release", "../usr/lib/os-release")])
    assert inventory.os is not None
    assert inventory.os.id == "fedora"
    inventory = take(
        [
            m.file("usr/lib/os.release.d/os-release-container", "ID=x\n"),
            m.symlink("usr/lib/os-release", "os.release.d/os-release-container"),
        ]
    )
    assert inventory.os is not None
    assert inventory.os.id == "x"


def test_os_release_comes_before_the_older_files(take, m):
    inventory = take(
        [m.file("etc/debian_version", "12.5\n"), m.file("usr/lib/os-release", "ID=ubuntu\nVERSION_ID=22.04\n")]
    )
    assert inventory.os is not None
    assert (inventory.os.id, inventory.os.version_id) == ("ubuntu", "22.04")
    inventory = take([m.file("etc/debian_version", "12.5\n")])
    assert inventory.os is not None
    assert inventory.os.id == "debian"


RPM = "bash\t5-1\t1\t1\tv\t(none)\t1\tx86_64\t0\tbash-5-1.src.rpm\n"


def test_databases_behind_links(take, m):
    status = m.dpkg(a="1")
    moved = m.file("data/dpkg/status", status.read(9999))
    assert packages(take([m.debian(), moved, m.symlink("var/lib/dpkg", "/data/dpkg")])) == {("a", "1")}
    assert packages(take([m.debian(), moved])) == set()
    inventory = take(
        [
            m.file("etc/os-release", "ID=wolfi\n"),
            m.symlink("lib", "usr/lib"),
            m.file("usr/lib/apk/db/installed", "P:a\nV:1\n"),
        ]
    )
    assert packages(inventory) == {("a", "1")}
    assert len(inventory.packages[0].locations) == 1


def test_a_layer_that_writes_through_a_link(take, m):
    inventory = take(
        [
            m.file("etc/os-release", "ID=alpine\n"),
            m.symlink("lib", "usr/lib"),
            m.file("usr/lib/apk/db/installed", "P:a\nV:1\n"),
        ],
        [m.file("lib/apk/db/installed", "P:b\nV:1\n")],
    )
    assert packages(inventory) == {("b", "1")}


def test_a_folder_replaces_a_link(take, m):
    inventory = take(
        [
            m.file("etc/os-release", "ID=alpine\n"),
            m.symlink("lib", "usr/lib"),
            m.file("usr/lib/apk/db/installed", "P:a\nV:1\n"),
        ],
        [m.folder("lib"), m.file("lib/apk/db/installed", "P:b\nV:1\n")],
    )
    assert packages(inventory) == {("a", "1"), ("b", "1")}


def test_link_loops_end(take, m):
    inventory = take(
        [
            m.symlink("var/lib/dpkg", "dpkg"),
            m.symlink("lib", "lib"),
            m.symlink("etc/os-release", "os-release"),
            m.dist_info(SITE, "x", "1"),
        ]
    )
    assert packages(inventory) == {("x", "1")}
    assert inventory.os is None


def test_links_that_grow_without_end(take, m):
    links = [m.symlink(f"l{n}", f"{'x/' * 200}../../l{n + 1}") for n in range(45)]
    deep = m.package_json("/".join(["l0"] * 3) + "/node_modules/x", "x", "1")
    assert packages(take(links, [deep])) == {("x", "1")}


def test_a_hard_link_into_a_lower_layer(take, m):
    target = "a/node_modules/x/package.json"
    inventory = take(
        [m.package_json("a/node_modules/x", "x", "1")],
        [m.hardlink("b/node_modules/x/package.json", target), m.file("a/.wh.node_modules")],
    )
    assert where(inventory, "x") == []
    inventory = take(
        [m.package_json("a/node_modules/x", "x", "1")], [m.hardlink("b/node_modules/x/package.json", target)]
    )
    assert where(inventory, "x") == [(target, 0), ("b/node_modules/x/package.json", 1)]
    inventory = take([m.hardlink("b/node_modules/x/package.json", target)])
    assert [note.kind for note in inventory.coverage.notes if note.path] == ["unreadable-file"]


def test_status_and_status_d_together(take, m):
    inventory = take(
        [
            m.debian(),
            m.file("var/lib/dpkg/status.d/base", "Package: base\nVersion: 1\n"),
            m.file("var/lib/dpkg/status.d/tz", "Package: tz\nVersion: 1\n"),
        ],
        [m.file("var/lib/dpkg/status.d/tz", "Package: tz\nVersion: 2\n"), m.dpkg(a="1")],
    )
    assert packages(inventory) == {("base", "1"), ("tz", "2"), ("a", "1")}
    assert where(inventory, "base") == [("var/lib/dpkg/status.d/base", 0)]
    assert where(inventory, "tz") == [("var/lib/dpkg/status.d/tz", 1)]


def test_the_manifest_counts_only_without_a_database(take, m):
    manifest = m.file("var/lib/rpmmanifest/container-manifest-2", RPM)
    assert packages(take([m.file("etc/os-release", "ID=mariner\n"), manifest])) == {("bash", "5-1")}


def test_fields_of_a_package(take, m):
    stanza = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.11-1\n"
    licence = m.file("usr/share/doc/libssl3/copyright", "Files: *\nLicense: Apache-2.0\n text\n")
    (package,) = take([m.debian(), m.file("var/lib/dpkg/status", stanza), licence]).packages
    assert (package.type, package.arch, package.licenses, package.evidence) == (
        "deb",
        "amd64",
        ("Apache-2.0",),
        "dpkg-status",
    )
    assert package.purl == "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl"
    assert package.source is not None
    assert (package.source.name, package.source.version) == ("openssl", "3.0.11-1")


def test_a_second_root_of_the_same_distribution_counts(take, m):
    main = [m.debian(), m.dpkg(a="1")]
    second = m.file("opt/chroot/var/lib/dpkg/status", m.dpkg(b="1").read(9999))
    inventory = take(main, [second, m.file("opt/chroot/usr/lib/os-release", DEBIAN)])
    assert where(inventory, "b") == [("opt/chroot/var/lib/dpkg/status", 1)]
    assert inventory.coverage.complete
    nameless = take(main, [second])
    assert packages(nameless) == {("a", "1")}
    assert [(note.kind, note.path) for note in nameless.coverage.notes] == [("unsupported", "opt/chroot")]
    other = take(main, [second, m.file("opt/chroot/etc/os-release", "ID=ubuntu\nVERSION_ID=20.04\n")])
    assert packages(other) == {("a", "1")}
    assert [(note.kind, note.path) for note in other.coverage.notes] == [("unsupported", "opt/chroot")]


def test_compliance_evidence_is_of_the_final_file_system(take, m):
    secret = m.file("app/.env", "TOKEN=Zk8wPq2mLx!")
    inventory = take(
        [
            m.file("usr/bin/su", b"x", 0o4755),
            m.file("opt/tool", b"x", 0o4755),
            m.file("etc/passwd", b"a::1:1::\n"),
            secret,
        ],
        [
            m.file("usr/bin/su", b"x", 0o755),
            m.file("app/.wh..env"),
            m.file("etc/passwd", b"b:x:1:1::\n"),
            m.file("etc/shadow", b"b:!:1\n"),
        ],
    )
    files = inventory.files
    assert [fact.path for fact in files.setuid] == ["opt/tool"]
    assert [account.name for account in files.accounts] == ["b"]
    assert [account.password for account in files.shadow] == ["locked"]
    assert files.has_passwd
    assert files.notable == ()
    assert [one.path for one in files.secrets] == ["app/.env"]


def test_accounts_that_were_removed(take, m):
    base = [m.file("etc/passwd", b"a::1:1::\n")]
    assert take(base).files.has_passwd
    assert not take(base, [m.file("etc/.wh.passwd")]).files.has_passwd
    assert not take(base, [m.file(".wh.etc")]).files.has_passwd


def test_layers_and_base(take, m):
    history = [
        HistoryEntry(created_by="ADD x"),
        HistoryEntry(created_by='CMD ["sh"]', empty_layer=True),
        HistoryEntry(created_by="COPY y"),
    ]
    inventory = take([m.debian(), m.dpkg(a="1")], [m.file("x")], history=history)
    assert [(layer.created_by, layer.base) for layer in inventory.image.layers] == [("ADD x", True), ("COPY y", False)]


def test_facts_of_other_layers_are_refused(image_with):
    with pytest.raises(InputError, match="not those"):
        coalesce(image_with(2), [LayerFacts("sha256:0")])
    with pytest.raises(InputError, match="not those"):
        coalesce(image_with(1), [LayerFacts("sha256:7")])


def test_the_inventory_survives_json(take, m):
    inventory = take([m.debian(), m.dpkg(a="1"), m.dist_info(SITE, "x", "1"), m.file("opt/tool", b"x", 0o4755)])
    assert msgspec.json.decode(msgspec.json.encode(inventory), type=Inventory) == inventory
