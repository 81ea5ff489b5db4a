import pytest

from landwaiter.advisories.ecosystems import ECOSYSTEMS
from landwaiter.advisories.feeds.osv import OPTIONAL
from landwaiter.advisories.sources import OSV_ECOSYSTEMS, SOURCES, Address, address_of

BY_NAME = {source.name: source for source in SOURCES}


def test_names_and_folders_are_unique() -> None:
    assert len(BY_NAME) == len(SOURCES) == len({source.folder for source in SOURCES})


def test_every_address_is_encrypted() -> None:
    assert all(source.address.startswith("https://") for source in SOURCES)


def test_every_ecosystem_fetched_is_one_that_is_compiled() -> None:
    assert {*OSV_ECOSYSTEMS, *OPTIONAL} <= ECOSYSTEMS.keys()


@pytest.mark.parametrize("name", ["osv/Wolfi", "osv/Chainguard"])
def test_what_needs_a_decision_is_optional(name: str) -> None:
    assert BY_NAME[name].optional


@pytest.mark.parametrize(
    ("mirror", "addresses", "address"),
    [
        ("", {}, Address("https://storage.googleapis.com/osv-vulnerabilities/npm")),
        ("https://mirror.example/", {}, Address("https://mirror.example/osv/npm", mirrored=True)),
        ("/srv/feeds", {}, Address("/srv/feeds/osv/npm", mirrored=True)),
        ("/srv/feeds", {"osv": "https://a.example"}, Address("https://a.example/npm", mirrored=True)),
        ("/srv/feeds", {"osv/npm": "/b", "osv": "/a"}, Address("/b", mirrored=True)),
    ],
)
def test_addresses(mirror: str, addresses: dict[str, str], address: Address) -> None:
    assert address_of(BY_NAME["osv/npm"], mirror, addresses) == address
