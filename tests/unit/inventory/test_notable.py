import pytest

from landwaiter.inventory.notable import cache_folder, notable_file, notable_folder


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("root/.aws/credentials", "credential"),
        ("app/.env", "credential"),
        ("root/.docker/config.json", "credential"),
        ("home/x/.ssh/id_ed25519", "private-key"),
        ("app/store.jks", "private-key"),
        ("app/vpn.ovpn", "credential"),
        ("app/Dockerfile", "build-file"),
        (".DS_Store", "clutter"),
        ("root/.bash_history", "clutter"),
        ("app/main.py", ""),
        ("app/config.json", ""),
        ("app/node_modules/x/.env", ""),
        ("usr/share/doc/x/Dockerfile", ""),
        ("app/tests/credentials.json", ""),
    ],
)
def test_files(path, kind):
    assert notable_file(path) == kind


def test_folders():
    assert notable_folder("app/.git") == "clutter"
    assert notable_folder("app/src") == ""
    assert notable_folder("usr/share/x/.git") == ""


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("var/lib/apt/lists/deb.debian.org_Packages", "var/lib/apt/lists"),
        ("var/cache/apk/APKINDEX.tar.gz", "var/cache/apk"),
        ("root/.cache/pip/http/a/b", "root/.cache/pip"),
        ("var/cache/apk", ""),
        ("var/cache/apkx/y", ""),
        ("x", ""),
    ],
)
def test_caches(path, folder):
    assert cache_folder(path) == folder
