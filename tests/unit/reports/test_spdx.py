"""Judged by spdx-tools, the SPDX project's own reader and validator."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from landwaiter.reports.licenses import read_license
from landwaiter.reports.spdx import render


def document_of(report):
    document = json.loads(render(report))
    parsed = JsonLikeDictParser().parse(document)
    assert [message.validation_message for message in validate_full_spdx_document(parsed, "SPDX-2.3")] == []
    return document


@pytest.mark.parametrize("name", ["ordinary", "hostile"])
def test_the_official_validator_accepts_it(request, name):
    document_of(request.getfixturevalue(name))


def test_an_empty_image_is_valid(report):
    assert len(document_of(report((), None, os=None))["packages"]) == 1


def test_packages_of_the_image(ordinary):
    document = document_of(ordinary)
    image, _, tool, flask = document["packages"]
    assert (image["primaryPackagePurpose"], image["checksums"][0]["algorithm"]) == ("CONTAINER", "SHA256")
    assert tool["externalRefs"][0]["referenceLocator"] == "pkg:deb/openssl@3.0.11-1"
    assert tool["sourceInfo"] == "found as deb package at var/lib/dpkg/status in layer 0; built from openssl 3.0.11-1"
    assert flask["licenseConcluded"] == "NOASSERTION"
    assert document["relationships"][0]["relationshipType"] == "DESCRIBES"
    assert len(document["relationships"]) == 4
    assert "Not assessed: no-data" in document["creationInfo"]["comment"]


@pytest.mark.parametrize(
    ("licenses", "declared"),
    [
        ((), "NOASSERTION"),
        (("MIT",), "MIT"),
        (("MIT OR Apache-2.0",), "MIT OR Apache-2.0"),
        (("MIT OR Apache-2.0", "Zlib"), "(MIT OR Apache-2.0) AND Zlib"),
        (("GPL-2.0-only WITH Classpath-exception-2.0",), "GPL-2.0-only WITH Classpath-exception-2.0"),
    ],
)
def test_expressions_are_declared_as_they_are(report, package, licenses, declared):
    assert document_of(report((package(licenses=licenses),), None))["packages"][1]["licenseDeclared"] == declared


@pytest.mark.parametrize(
    "text",
    [
        "GPLv2+",
        "Public Domain",
        "LicenseRef-mine",
        "MIT AND",
        "((",
        "a" * 3000,
        "<b>ü\x00</b>",
        "NONE OF YOUR BUSINESS",
    ],
)
def test_other_licences_become_references_with_their_text(report, package, text):
    document = document_of(report((package(licenses=(text,)),), None))
    declared = document["packages"][1]["licenseDeclared"]
    assert declared.startswith("LicenseRef-")
    assert [item["licenseId"] for item in document["hasExtractedLicensingInfos"]] == [declared]


def test_equal_licences_share_one_reference(report, package):
    document = document_of(report((package(licenses=("Odd",)), package("b", licenses=("Odd",))), None))
    assert len(document["hasExtractedLicensingInfos"]) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("()", [])
@example("Team (team@example.com)", ["MIT"])
@given(st.text(max_size=40), st.lists(st.text(max_size=30), max_size=3))
def test_any_name_and_licence_is_valid(report, package, name, licenses):
    document_of(
        report((package(name, name, purl=f"pkg:generic/x?{name}", licenses=tuple(licenses), vendor=name),), None)
    )


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("MITGPL-20.+ ()ANDORWITH/,\n"), max_size=40))
def test_any_text_is_read_as_licence(text):
    read = read_license(text)
    assert not read.single or " " not in read.expression
