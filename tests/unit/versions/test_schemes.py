import pytest

from landwaiter.errors import InputError
from landwaiter.versions import UnknownSchemeError, compare, scheme_of, sort_key
from landwaiter.versions.schemes import _OTHER_NAMES, SCHEMES


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("deb", "deb"),
        ("Debian:12", "deb"),
        ("Ubuntu:Pro:FIPS-updates:22.04:LTS", "deb"),
        ("Alpine:v3.18", "apk"),
        ("Wolfi", "apk"),
        ("Chainguard", "apk"),
        ("BellSoft Hardened Containers:23", "apk"),
        ("Red Hat:enterprise_linux:9::baseos", "rpm"),
        ("Rocky Linux:9", "rpm"),
        ("AlmaLinux:9", "rpm"),
        ("SUSE:Linux Enterprise Server 15 SP4", "rpm"),
        ("openSUSE:Leap 15.5", "rpm"),
        ("Photon OS:5.0", "rpm"),
        ("Amazon Linux:2023", "rpm"),
        ("PyPI", "pypi"),
        ("pypi", "pypi"),
        ("npm", "npm"),
        ("Go", "golang"),
        ("golang", "golang"),
        ("Maven:https://maven.example.org/releases", "maven"),
        ("crates.io", "cargo"),
        ("Packagist:https://packages.example.org/8", "composer"),
        ("RubyGems", "gem"),
        ("NuGet", "nuget"),
        ("Hex", "hex"),
        ("CRAN", "cran"),
        ("Bitnami", "bitnami"),
        ("Arch Linux", "alpm"),
        ("Echo", "deb"),
        ("Echo:npm", "npm"),
        ("Root:Alpine:3.18", "apk"),
        (" NPM ", "npm"),
    ],
)
def test_scheme_of(name: str, scheme: str) -> None:
    assert scheme_of(name) == scheme


@pytest.mark.parametrize("name", ["", "GIT", "OSS-Fuzz", "npmx", ":npm", "\x1b[31m" * 99])
def test_unknown(name: str) -> None:
    with pytest.raises(UnknownSchemeError) as caught:
        scheme_of(name)
    assert isinstance(caught.value, InputError)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_compare_takes_schemes_only() -> None:
    with pytest.raises(UnknownSchemeError):
        compare("PyPI", "1", "2")
    with pytest.raises(UnknownSchemeError):
        sort_key("Debian:12", "1")


def test_every_other_name_leads_to_a_scheme() -> None:
    assert {scheme_of(name) for name in _OTHER_NAMES} <= set(SCHEMES)
    assert not set(_OTHER_NAMES) & set(SCHEMES)
