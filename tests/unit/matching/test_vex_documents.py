import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.matching.vex import Product, Statement
from landwaiter.matching.vex_documents import read_vex

OPENVEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex/1",
    "timestamp": "2024-01-01T00:00:00Z",
    "statements": [
        {
            "vulnerability": {"name": "CVE-2024-0001", "aliases": ["GHSA-a"]},
            "products": [{"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:pypi/x@1"}, {"@id": "nothing"}]}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
            "impact_statement": "Never called.",
        },
        {
            "vulnerability": "CVE-2024-0002",
            "products": ["pkg:pypi/x@1", "an image"],
            "status": "fixed",
            "timestamp": "2024-02-02T00:00:00Z",
        },
    ],
}

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "serialNumber": "urn:uuid:1",
    "metadata": {
        "timestamp": "2024-01-01T00:00:00Z",
        "component": {"bom-ref": "root", "name": "app", "purl": "pkg:oci/app"},
    },
    "components": [
        {"bom-ref": "a", "name": "x", "purl": "pkg:pypi/x@1", "components": [{"bom-ref": "b", "purl": "pkg:pypi/y@1"}]}
    ],
    "vulnerabilities": [
        {
            "id": "CVE-2024-0001",
            "references": [{"id": "GHSA-a"}],
            "analysis": {"state": "false_positive", "justification": "code_not_present", "detail": "Not there."},
            "affects": [{"ref": "a"}, {"ref": "urn:cdx:1/1#b"}, {"ref": "pkg:pypi/z@1"}, {"ref": "unknown"}],
        },
        {"id": "CVE-2024-0002", "analysis": {"state": "resolved"}, "affects": [{"ref": "root"}]},
        {"id": "CVE-2024-0003", "affects": [{"ref": "a"}]},
    ],
}

CSAF = {
    "document": {
        "category": "csaf_vex",
        "tracking": {"id": "CVE-2024-0001", "current_release_date": "2024-01-01T00:00:00Z"},
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "branches": [
                    {
                        "category": "product_name",
                        "product": {
                            "name": "Linux 9",
                            "product_id": "L9",
                            "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9"},
                        },
                    }
                ],
            },
            {
                "category": "product_version",
                "product": {
                    "name": "samba",
                    "product_id": "samba",
                    "product_identification_helper": {"purl": "pkg:rpm/redhat/samba"},
                },
            },
        ],
        "relationships": [
            {
                "category": "default_component_of",
                "full_product_name": {"name": "samba of Linux 9", "product_id": "L9:samba"},
                "product_reference": "samba",
                "relates_to_product_reference": "L9",
            },
            {
                "category": "default_component_of",
                "full_product_name": {"name": "unnamed of Linux 9", "product_id": "L9:unnamed"},
                "product_reference": "unnamed",
                "relates_to_product_reference": "L9",
            },
        ],
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2024-0001",
            "title": "samba: a flaw",
            "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["L9:samba"]}],
            "product_status": {"known_not_affected": ["L9:samba", "L9:unnamed"], "known_affected": ["L9"]},
        }
    ],
}


def read(tmp_path: Path, document: Any) -> tuple[Statement, ...]:
    path = tmp_path / "vex.json"
    path.write_text(json.dumps(document))
    return read_vex(path)


def test_openvex(tmp_path: Path) -> None:
    first, second = read(tmp_path, OPENVEX)
    assert first == Statement(
        "https://example.org/vex/1",
        ("CVE-2024-0001", "GHSA-a"),
        (Product("pkg:oci/app", components=("pkg:pypi/x@1",)),),
        "not_affected",
        "vulnerable_code_not_in_execute_path",
        "Never called.",
        "2024-01-01T00:00:00Z",
    )
    assert second.products == (Product("pkg:pypi/x@1"), Product(name="an image"))
    assert (second.vulnerabilities, second.status, second.timestamp) == (
        ("CVE-2024-0002",),
        "fixed",
        "2024-02-02T00:00:00Z",
    )


def test_cyclonedx(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, CYCLONEDX)
    assert (first.source, first.vulnerabilities, first.status) == (
        "urn:uuid:1",
        ("CVE-2024-0001", "GHSA-a"),
        "not_affected",
    )
    assert (first.justification, first.text) == ("code_not_present", "Not there.")
    assert [product.purl for product in first.products] == ["pkg:pypi/x@1", "pkg:pypi/y@1", "pkg:pypi/z@1", ""]
    assert (second.status, second.products[0].purl) == ("fixed", "pkg:oci/app")
    assert third.status == "under_investigation"


def test_csaf(tmp_path: Path) -> None:
    flagged, plain, affected = read(tmp_path, CSAF)
    assert flagged.products == (
        Product(cpe="cpe:/o:redhat:enterprise_linux:9", name="Linux 9", components=("pkg:rpm/redhat/samba",)),
    )
    assert (flagged.status, flagged.justification, flagged.text) == (
        "not_affected",
        "vulnerable_code_not_present",
        "samba: a flaw",
    )
    assert plain.products[0].components == ("-",), "a component that nothing names must not stand for the whole product"
    assert (affected.status, affected.products[0].cpe) == ("affected", "cpe:/o:redhat:enterprise_linux:9")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        "text",
        {"bomFormat": "SPDX"},
        {"@context": "https://openvex.dev/ns", "statements": [7]},
        {"@context": "https://openvex.dev/ns", "statements": {"a": 1}},
        {"bomFormat": "CycloneDX", "vulnerabilities": [[]]},
        {
            "document": {"category": "csaf_vex"},
            "vulnerabilities": [{"product_status": []}],
            "product_tree": {"branches": 7},
        },
    ],
)
def test_what_is_no_document(tmp_path: Path, document: Any) -> None:
    with pytest.raises(InputError):
        read(tmp_path, document)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_vex(tmp_path / "absent")
    (tmp_path / "bad").write_bytes(b"\xff{")
    with pytest.raises(InputError, match="cannot be read"):
        read_vex(tmp_path / "bad")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["vulnerability", "products", "purl", "branches", "ref", "id", "product_id", "flags", "fixed"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(kind=st.sampled_from([OPENVEX, CYCLONEDX, CSAF]), key=st.integers(0, 9), value=_json)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_is_answered(tmp_path: Path, kind: dict[str, Any], key: int, value: Any) -> None:
    keys = list(kind)[1:]
    document = kind | {keys[key % len(keys)]: value}
    try:
        found = read(tmp_path, document)
    except InputError:
        return
    assert all(isinstance(statement, Statement) for statement in found)
