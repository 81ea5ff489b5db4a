import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.languages.declared import declared_package
from landwaiter.inventory.models import PackageFact


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:bitnami/redis@7.2.3-0?arch=amd64&distro=debian-12", PackageFact("bitnami", "redis", "7.2.3-0", "amd64")),
        (
            "pkg:maven/org.apache.commons/commons-lang3@3.12.0",
            PackageFact("maven", "org.apache.commons:commons-lang3", "3.12.0"),
        ),
        ("pkg:npm/%40angular/core@12.0.0", PackageFact("npm", "@angular/core", "12.0.0")),
        ("pkg:golang/github.com/a/b@v1.0.0#cmd/x", PackageFact("golang", "github.com/a/b", "v1.0.0")),
        ("pkg:composer/twig/twig@3.0.0", PackageFact("composer", "twig/twig", "3.0.0")),
        ("pkg:generic/openssl@3.0.2", PackageFact("generic", "openssl", "3.0.2")),
        (
            "pkg:rpm/redhat/bash@5.1-2.el9?arch=x86_64&epoch=1&upstream=bash-5.1-2.el9.src.rpm",
            PackageFact("rpm", "bash", "1:5.1-2.el9", "x86_64", "bash-5.1-2.el9.src.rpm"),
        ),
        (
            "pkg:deb/debian/libssl3@3.0.2-1?upstream=openssl%403.0.2",
            PackageFact("deb", "libssl3", "3.0.2-1", source_name="openssl", source_version="3.0.2"),
        ),
    ],
)
def test_a_purl_becomes_a_typed_package(purl: str, expected: PackageFact) -> None:
    found = declared_package(purl, ("MIT",))
    assert found == PackageFact(
        *(getattr(expected, name) for name in expected.__struct_fields__[:6]), licenses=("MIT",), purl=purl
    )


@pytest.mark.parametrize(
    "purl", ["pkg:oci/alpine@sha256%3Aabc", "pkg:github/openssl/openssl@3.0.2", "pkg:docker/nginx@1"]
)
def test_what_is_no_package_is_passed_over(purl: str) -> None:
    assert declared_package(purl) is None


@pytest.mark.parametrize("purl", ["", "nginx", "pkg:npm/a", "pkg:npm/", "pkg:npm/" + "a" * 5000 + "@1"])
def test_a_purl_without_sense_is_refused(purl: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        declared_package(purl)


@settings(max_examples=100)
@given(st.text(alphabet="pkg:npm/@%4?&=#a1.", max_size=40))
def test_any_text(text: str) -> None:
    try:
        found = declared_package("pkg:" + text)
    except ValueError:
        return
    assert found is None or found.name
