import hashlib

import pytest

SITE = "usr/lib/python3/dist-packages"
METADATA = f"{SITE}/six-1.dist-info/METADATA"
SIX = b"Name: six\nVersion: 1\n"


def owned_by(inventory):
    return {
        (package.name, package.version): package.owned_by for package in inventory.packages if package.type == "pypi"
    }


def listing(m, *paths, owner="python3-six"):
    return m.file(f"var/lib/dpkg/info/{owner}.list", "".join(f"/{path}\n" for path in paths))


def sums(m, path, content, owner="python3-six"):
    return m.file(f"var/lib/dpkg/info/{owner}.md5sums", f"{hashlib.md5(content).hexdigest()}  {path}\n")


@pytest.fixture
def base(m):
    return [m.debian(), m.dpkg(python3_six="1"), listing(m, METADATA), sums(m, METADATA, SIX), m.file(METADATA, SIX)]


def test_what_a_package_installed_stays_visible_as_owned(take, m, base):
    inventory = take([*base, m.dist_info("opt", "other", "1")])
    assert owned_by(inventory) == {("six", "1"): "python3-six", ("other", "1"): None}
    assert inventory.files.changed == ()


def test_the_same_package_owned_and_not_owned_are_two(take, m, base):
    inventory = take([*base, m.file("opt/six-1.dist-info/METADATA", SIX)])
    assert sorted(package.owned_by or "" for package in inventory.packages if package.name == "six") == [
        "",
        "python3-six",
    ]


@pytest.mark.parametrize("same_layer", [True, False])
def test_what_was_changed_since_is_no_longer_the_package_managers(take, m, base, same_layer):
    newer = m.file(METADATA, b"Name: six\nVersion: 2\n")
    inventory = take([*base, newer]) if same_layer else take(base, [newer])
    assert owned_by(inventory) == {("six", "2"): None}
    assert [(one.path, one.owner) for one in inventory.files.changed] == [(METADATA, "python3-six")]


def test_the_same_content_written_again_is_unchanged(take, m, base):
    inventory = take(base, [m.file(METADATA, SIX)])
    assert owned_by(inventory) == {("six", "1"): "python3-six"}
    assert inventory.files.changed == ()


def test_without_digests_the_order_of_the_layers_decides(take, m):
    base = [m.debian(), m.dpkg(python3_six="1"), listing(m, METADATA), m.file(METADATA, SIX)]
    assert owned_by(take(base)) == {("six", "1"): "python3-six"}
    assert owned_by(take(base, [m.file(METADATA, SIX)])) == {("six", "1"): None}


def test_files_of_a_removed_package_are_nobodys(take, m, base):
    inventory = take(base, [m.dpkg(other="1")])
    assert owned_by(inventory) == {("six", "1"): None}


def test_merged_usr(take, m):
    path = "lib/python3/dist-packages/six-1.egg-info"
    inventory = take(
        [m.debian(), m.dpkg(python3_six="1"), listing(m, path), m.symlink("lib", "usr/lib"), m.file(f"usr/{path}", SIX)]
    )
    assert owned_by(inventory) == {("six", "1"): "python3-six"}


def test_apk_and_its_checksums(take, m):
    path = "usr/lib/node_modules/npm/package.json"
    old = b'{"name": "npm", "version": "9"}'
    checksum = __import__("base64").b64encode(hashlib.sha1(old).digest()).decode()
    database = m.file(
        "lib/apk/db/installed", f"P:npm\nV:9-r0\nF:usr/lib/node_modules/npm\nR:package.json\nZ:Q1{checksum}\n"
    )
    alpine = m.file("etc/os-release", "ID=alpine\nVERSION_ID=3.18.4\n")
    assert [
        package.owned_by for package in take([alpine, database, m.file(path, old)]).packages if package.type == "npm"
    ] == ["npm"]
    newer = take([alpine, database, m.package_json("usr/lib/node_modules/npm", "npm", "10")])
    assert [package.owned_by for package in newer.packages if package.type == "npm"] == [None]
    assert [one.path for one in newer.files.changed] == [path]


def test_programs_that_a_later_layer_replaced(take, m):
    curl = m.file("usr/bin/curl", b"x", 0o755)
    base = [m.debian(), m.dpkg(curl="1"), listing(m, "usr/bin/curl", owner="curl"), curl]
    assert take(base).files.changed == ()
    assert [(one.path, one.owner, one.layer) for one in take(base, [curl]).files.changed] == [
        ("usr/bin/curl", "curl", 1)
    ]
    assert take(base, [curl], [m.file("usr/bin/.wh.curl")]).files.changed == ()
    upgraded = [m.dpkg(curl="2"), listing(m, "usr/bin/curl", owner="curl"), curl]
    assert take(base, upgraded).files.changed == ()
