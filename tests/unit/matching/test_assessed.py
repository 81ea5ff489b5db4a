from typing import Any

import pytest

from landwaiter.inventory.models import Note, OsRelease
from landwaiter.matching.match import match


def kinds(inventory: Any, bundle: Any) -> list[tuple[str, str, int]]:
    return [(note.kind, note.ecosystem, note.packages) for note in match(inventory, bundle).not_assessed]


def many(record: Any, ecosystem: str, count: int = 100) -> list[dict[str, Any]]:
    return [record(f"X-{ecosystem[:2]}-{n}", ecosystem, "other", "1") for n in range(count)]


def test_all_is_assessed(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(*many(record, "Debian:12"), *many(record, "npm"))
    assert (
        kinds(inventory(package("deb", "x", "1"), package("npm", "x", "1.0.0"), os=OsRelease("debian", "12")), opened)
        == []
    )


def test_an_empty_bundle(bundle: Any, inventory: Any, package: Any) -> None:
    assert kinds(inventory(package("deb", "x", "1"), os=OsRelease("debian", "12")), bundle()) == [
        ("empty-bundle", "", 1)
    ]


def test_an_empty_inventory(bundle: Any, inventory: Any, record: Any) -> None:
    assert kinds(inventory(), bundle(*many(record, "npm"))) == [("empty-inventory", "", 0)]


@pytest.mark.parametrize(
    "case",
    [
        (None, ("unknown-os", "", 2)),
        (OsRelease("fedora", "40", "Fedora Linux 40"), ("unsupported-os", "fedora", 2)),
        (OsRelease("debian", "11"), ("no-data", "Debian:11", 2)),
        (OsRelease("debian", "13"), ("thin-data", "Debian:13", 2)),
    ],
)
def test_the_system(bundle: Any, inventory: Any, package: Any, record: Any, case: Any) -> None:
    os, note = case
    opened = bundle(*many(record, "Debian:12"), record("DSA-1-1", "Debian:13", "x", "1"))
    image = inventory(package("deb", "x", "1"), package("deb", "y", "1"), os=os)
    assert kinds(image, opened) == [note]


def test_an_unknown_system_without_packages_of_its_own_matters_not(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    assert kinds(inventory(package("npm", "x", "1.0.0")), bundle(*many(record, "npm"))) == []


def test_packages_of_another_distribution(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(*many(record, "Debian:12"))
    image = inventory(package("deb", "x", "1"), package("rpm", "y", "1"), os=OsRelease("debian", "12"))
    assert kinds(image, opened) == [("unknown-os", "", 1)]


def test_languages(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(*many(record, "npm"), record("GHSA-1", "NuGet", "x", "1"), record("EEF-1", "Hex", "x", "1"))
    image = inventory(
        package("npm", "x", "1.0.0"),
        package("nuget", "x", "1.0.0"),
        package("hex", "x", "1.0.0"),
        package("gem", "x", "1.0.0"),
        package("conda", "x", "1.0.0"),
    )
    assert kinds(image, opened) == [
        ("no-data", "conda", 1),
        ("no-data", "RubyGems", 1),
        ("thin-data", "NuGet", 1),
    ]


def test_owned_packages_are_the_distributions_matter(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(*many(record, "Debian:12"))
    owned = package("pypi", "x", "1", owned_by="python3-x")
    assert kinds(inventory(package("deb", "python3-x", "1"), owned, os=OsRelease("debian", "12")), opened) == []


def test_unreadable_databases(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    note = Note("unreadable-database", "The rpm database is damaged.", "var/lib/rpm/Packages", 0)
    quiet = Note("too-deep", "A jar is nested too deeply.", "a.jar", 0)
    image = inventory(package("npm", "x", "1.0.0"), notes=(note, quiet))
    (found,) = match(image, bundle(*many(record, "npm"))).not_assessed
    assert (found.kind, found.reason) == ("unreadable", "The rpm database is damaged. (var/lib/rpm/Packages)")


@pytest.mark.parametrize("version", ["", "(devel)", "devel go1.24-abc"])
def test_a_go_module_without_a_version(bundle: Any, inventory: Any, package: Any, record: Any, version: str) -> None:
    opened = bundle(*many(record, "Go"), record("GO-1", "Go", "example.com/x", "1.0.0"))
    found = match(inventory(package("golang", "example.com/x", version), package("golang", "stdlib", version)), opened)
    assert found.findings == ()
    (gap,) = found.not_assessed
    assert (gap.kind, gap.ecosystem, gap.packages) == ("unidentified", "golang", 2)
    assert "the version of golang packages: example.com/x, stdlib." in gap.reason


@pytest.mark.parametrize("name", ["log4j-core", ":log4j-core"])
def test_a_jar_without_a_group(bundle: Any, inventory: Any, package: Any, record: Any, name: str) -> None:
    opened = bundle(*many(record, "Maven"), record("GHSA-1", "Maven", "log4j-core", "3"))
    (gap,) = match(inventory(package("maven", name, "2.0")), opened).not_assessed
    assert (gap.kind, gap.packages) == ("unidentified", 1)
    assert "the group of maven packages" in gap.reason


def test_many_unidentified_packages_are_counted_and_their_names_harmless(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    image = inventory(*(package("golang", f"x\x1b{n}", "") for n in range(9)))
    (gap,) = match(image, bundle(*many(record, "Go"))).not_assessed
    assert gap.reason.endswith("and 4 more.")
    assert "\x1b" not in gap.reason


def test_whether_anything_was_assessed(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    from landwaiter.matching.assessed import nothing_assessed, without_data

    opened = bundle(*many(record, "npm"))
    some = inventory(package("npm", "x", "1.0.0"), package("deb", "x", "1"))
    none = inventory(package("deb", "x", "1"), package("pypi", "x", "1", owned_by="x"))
    assert not nothing_assessed(some, match(some, opened))
    assert nothing_assessed(none, match(none, opened))
    assert nothing_assessed(some, without_data(some, "No bundle."))
    assert nothing_assessed(inventory(), match(inventory(), opened))
