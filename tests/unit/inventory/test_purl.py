import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from landwaiter.inventory.models import OsRelease, PackageFact
from landwaiter.inventory.purl import purl_of

DEBIAN = OsRelease("debian", "12")


@pytest.mark.parametrize(
    ("package", "release", "expected"),
    [
        (PackageFact("deb", "openssl", "3.0.11-1~deb12u2", "amd64"), DEBIAN, "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"),
        (
            PackageFact("deb", "libstdc++6", "12.2.0-14+deb12u1", "arm64", "gcc-12", "12.2.0-14"),
            DEBIAN,
            "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=arm64&distro=debian-12&upstream=gcc-12%4012.2.0-14",
        ),
        (PackageFact("deb", "zlib1g", "1:1.2.13", "amd64"), None, "pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64"),
        (PackageFact("deb", "a", "1"), OsRelease("debian", codename="sid"), "pkg:deb/debian/a@1?distro=debian-sid"),
        (
            PackageFact("rpm", "openssl-libs", "1:1.1.1k-9.el8", "x86_64", "openssl", "1:1.1.1k-9.el8"),
            OsRelease("rhel", "8.8"),
            "pkg:rpm/redhat/openssl-libs@1.1.1k-9.el8?arch=x86_64&distro=rhel-8.8&epoch=1&upstream=openssl-1.1.1k-9.el8.src.rpm",
        ),
        (
            PackageFact("rpm", "nodejs", "18-1", "x86_64", modularity="nodejs:18:9:a:x86_64"),
            OsRelease("almalinux", "9.3"),
            "pkg:rpm/almalinux/nodejs@18-1?arch=x86_64&distro=almalinux-9.3&modularitylabel=nodejs:18:9:a:x86_64",
        ),
        (PackageFact("rpm", "bash", "4-1"), OsRelease("opensuse-leap", "15.5"), "pkg:rpm/opensuse/bash@4-1?distro=opensuse-leap-15.5"),
        (PackageFact("apk", "musl-utils", "1.2-r1", "x86_64", "musl"), OsRelease("alpine", "3.18.4"), "pkg:apk/alpine/musl-utils@1.2-r1?arch=x86_64&distro=alpine-3.18.4&upstream=musl"),
        (PackageFact("apk", "a", "1"), OsRelease("wolfi"), "pkg:apk/wolfi/a@1?distro=wolfi"),
        (PackageFact("alpm", "a", "1", "x86_64"), OsRelease("arch"), "pkg:alpm/arch/a@1?arch=x86_64&distro=arch"),
        (PackageFact("pypi", "Zope.Interface__X", "1!2.0"), DEBIAN, "pkg:pypi/zope-interface-x@1%212.0"),
        (PackageFact("npm", "@types/Node", "1.0.0+x"), DEBIAN, "pkg:npm/%40types/node@1.0.0%2Bx"),
        (PackageFact("maven", "org.apache:x", "1.0 beta"), DEBIAN, "pkg:maven/org.apache/x@1.0%20beta"),
        (PackageFact("golang", "github.com/Foo/bar/v2", "v2.0.0"), DEBIAN, "pkg:golang/github.com/Foo/bar/v2@v2.0.0"),
        (PackageFact("golang", "stdlib", "1.21"), DEBIAN, "pkg:golang/stdlib@1.21"),
        (PackageFact("composer", "Symfony/Yaml", "v1"), DEBIAN, "pkg:composer/symfony/yaml@v1"),
        (PackageFact("generic", "x", ""), DEBIAN, "pkg:generic/x"),
        (PackageFact("npm", "x", "1", purl="pkg:npm/y@2"), DEBIAN, "pkg:npm/y@2"),
    ],
)  # fmt: skip
def test_purls(package, release, expected):
    assert purl_of(package, release) == expected


NAMES = st.text("aB1.-_+~:@%/", min_size=1, max_size=12).filter(
    lambda text: text.strip("/ ") == text and "//" not in text
)

# The specification encodes a slash in a version, the library does not.
VERSIONS = NAMES.filter(lambda text: "/" not in text)


def upper_escapes(purl):
    """The library writes escapes in lower case where it lowers names; the specification wants upper case."""
    return re.sub("%[0-9a-f]{2}", lambda escape: escape[0].upper(), purl)


@settings(max_examples=300)
@given(st.sampled_from(["deb", "npm", "golang", "maven", "cargo", "gem", "nuget", "composer", "apk"]), NAMES, VERSIONS)
def test_agrees_with_packageurl_python(kind, name, version):
    separator = ":" if kind == "maven" else "/"
    namespace, name = name.rpartition(separator)[::2] if kind in ("npm", "golang", "maven", "composer") else ("", name)
    if "/" in name or not name.strip() or any(not part.strip() for part in namespace.split("/") if namespace):
        return
    full = f"{namespace}{separator}{name}" if namespace else name
    if kind in ("deb", "apk"):
        expected = PackageURL(kind, "debian", name, version, {"arch": "a:b", "distro": "debian-12"})
        assert purl_of(PackageFact(kind, name, version, "a:b"), DEBIAN) == upper_escapes(expected.to_string())
    else:
        expected = PackageURL(kind, namespace, name, version)
        assert purl_of(PackageFact(kind, full, version)) == upper_escapes(expected.to_string())
