import pytest

from landwaiter.advisories.ecosystems import ECOSYSTEMS, base_of, known, normal_name, owners_of, scheme_of
from landwaiter.versions import compare


@pytest.mark.parametrize(
    ("ecosystem", "name", "normal"),
    [
        ("PyPI", "Zope.Interface__x", "zope-interface-x"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("Packagist:https://packages.drupal.org/8", "Drupal/Core", "drupal/core"),
        ("npm", "@Scope/Name", "@Scope/Name"),
        ("Maven", "Org.X:y", "Org.X:y"),
    ],
)
def test_normal_names(ecosystem: str, name: str, normal: str) -> None:
    assert normal_name(ecosystem, name) == normal


def test_releases_belong_to_their_ecosystem() -> None:
    assert base_of("Red Hat:rhel_eus:9.2::appstream") == "Red Hat"
    found = known("Debian:12")
    assert found is not None
    assert found.distribution
    assert scheme_of("Debian:12") == "deb"
    assert scheme_of("Nonesuch") == ""


@pytest.mark.parametrize("ecosystem", sorted(ECOSYSTEMS))
def test_every_scheme_exists(ecosystem: str) -> None:
    assert compare(scheme_of(ecosystem), "1.0", "2.0") == -1


def test_ids_tell_their_ecosystem() -> None:
    assert owners_of("ALSA-2024:1") == ("AlmaLinux",)
    assert owners_of("CGA-x") == ("Chainguard", "Wolfi")
    assert owners_of("CVE-2024-1") == ()
