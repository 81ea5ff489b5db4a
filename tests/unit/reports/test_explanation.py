import json

import msgspec
import pytest

from landwaiter.inventory.models import LayerSummary
from landwaiter.matching.considered import Considered
from landwaiter.matching.explain import Explanation
from landwaiter.matching.models import BundleInfo, NotAssessed, Suppression
from landwaiter.reports.explanation import render, render_json

TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5"
HOSTILE = "x\x1b[2J\u202e\x9b[red]\n"


@pytest.fixture
def explained(report, package, finding):
    """An explanation of one package, and the image it is about."""

    def make(name: str = "openssl", **fields):
        about = package(name)
        image = report(packages=(about,)).inventory.image
        layers = tuple(
            msgspec.structs.replace(layer, created_by=f"RUN login --token={TOKEN} {name}") for layer in image.layers
        )
        found = finding(about, kev=True, suppressed=fields.pop("suppressed", None))
        considered = Considered(
            about,
            found.reason,
            "affected",
            fields.pop("note", ""),
            True,
            layers[:1],
            ">=0, <2",
            "1 < 2",
            ("2",),
            "deferred",
        )
        given = {
            "vulnerability": found.id,
            "names": ("GHSA-a",),
            "verdict": "affected",
            "affected": True,
            "answer": f"Affected by {found.id}: {name} 1.",
            "considered": (considered,),
            "findings": (found,),
            "records": ("DSA-1",),
            "withdrawn": ("DSA-0",),
            "elsewhere": (f"Debian:11 {name}",),
            "gaps": (NotAssessed("no-data", "No data for npm.", "npm", 1),),
            "not_assessed": (),
            "bundle": BundleInfo("", "", "2026-01-01T00:00:00Z", 7),
        } | fields
        return Explanation(**given), msgspec.structs.replace(image, layers=layers)

    return make


def test_everything_that_decided_is_shown(explained):
    said, image = explained()
    text = render(said, image, width=300)
    for words in (
        " AFFECTED ",
        "also named: GHSA-a",
        "1 record, 1 withdrawn of 7, newest of 2026-01-01",
        "affected: 1 < 2",
        "is affected >=0, <2",
        "the vendor has deferred a fix",
        "known exploited, CVSS 3.1 9.8, EPSS 0.250",
        "fixed in 3.0.14-1",
        "from layer 0 of the base image",
        "var/lib/dpkg/status",
        "Debian:11 openssl",
        "No data for npm. (1 package)",
    ):
        assert words in text, words


def test_what_a_vex_document_says(explained):
    said, image = explained(suppressed=Suppression("the vendor", "not_affected", "component_not_present"))
    assert "VEX: not affected, component not present (from the vendor)" in render(said, image, width=200)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_hostile_names_at_any_width(explained, width):
    said, image = explained(HOSTILE * 3, note=HOSTILE)
    text = render(said, image, width=width)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert max(map(len, text.splitlines())) <= width


def test_json_has_the_fields_and_no_secret(explained):
    said, image = explained(HOSTILE)
    text = render_json(said, image)
    assert TOKEN not in text
    assert TOKEN not in render(said, image, width=500)
    document = json.loads(text)
    assert set(Explanation.__struct_fields__) | {"image"} == set(document)
    assert document["considered"][0]["package"]["name"] == HOSTILE
    assert "\x9b" not in text


def test_many_packages_are_counted(explained):
    said, image = explained()
    (one,) = said.considered
    many = tuple(
        msgspec.structs.replace(one, package=msgspec.structs.replace(one.package, name=f"p{n}")) for n in range(30)
    )
    text = render(msgspec.structs.replace(said, considered=many), image, width=100)
    assert "and 10 more packages; --format json names them" in text


def test_a_layer_that_is_not_known(explained):
    said, image = explained()
    other = msgspec.structs.replace(image, layers=(LayerSummary(7, "sha256:7", "", 1),))
    assert "from layer 0\n" in render(said, other, width=100)
