import pytest

from landwaiter.inventory.models import Package
from landwaiter.matching.ecosystem import ecosystem_of, subjects

AVAILABLE = {"PyPI": ("PyPI",), "Packagist": ("Packagist", "Packagist:https://packages.drupal.org/8")}


@pytest.mark.parametrize(
    ("kind", "name", "version", "asked"),
    [
        ("pypi", "Flask_SQLAlchemy", "1.0", ("flask-sqlalchemy", "1.0", "pypi")),
        ("npm", "@scope/Name", "1.0.0", ("@scope/Name", "1.0.0", "npm")),
        ("golang", "github.com/a/b/v2", "v2.0.1", ("github.com/a/b/v2", "2.0.1", "golang")),
        ("golang", "stdlib", "go1.20.3", ("stdlib", "1.20.3", "golang")),
        ("bitnami", "Redis", "7.0.1-3", ("redis", "7.0.1", "bitnami")),
        ("nuget", "Newtonsoft.Json", "12.0.1", ("newtonsoft.json", "12.0.1", "nuget")),
    ],
)
def test_names_and_versions(kind: str, name: str, version: str, asked: tuple[str, str, str]) -> None:
    (subject,) = subjects(Package(kind, name, version, ""), AVAILABLE)
    assert (subject.name, subject.version, subject.scheme) == asked


def test_other_registries_of_an_ecosystem_are_asked_too() -> None:
    (subject,) = subjects(Package("composer", "Drupal/core", "8.0.0", ""), AVAILABLE)
    assert subject.ecosystems == ("Packagist", "Packagist:https://packages.drupal.org/8")
    assert subject.name == "drupal/core"


def test_what_nobody_speaks_of() -> None:
    assert subjects(Package("conda", "x", "1", ""), AVAILABLE) == ()
    assert ecosystem_of("conda") == ""
    assert ecosystem_of("gem") == "RubyGems"
