import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.languages.sbom import SBOM, read_sbom

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"component": {"type": "application", "name": "app", "purl": "pkg:npm/app@1.0.0"}},
    "components": [
        {
            "type": "library",
            "name": "lodash",
            "version": "4.17.21",
            "purl": "pkg:npm/lodash@4.17.21",
            "licenses": [{"license": {"id": "MIT"}}],
        },
        {
            "type": "application",
            "name": "outer",
            "components": [
                {
                    "type": "library",
                    "name": "x",
                    "purl": "pkg:pypi/x@1.0",
                    "licenses": [{"expression": "MIT OR Apache-2.0"}],
                }
            ],
        },
        {"type": "file", "name": "no-purl"},
        {"type": "library", "name": "broken", "purl": "not a purl"},
    ],
}
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {
            "name": "redis", "versionInfo": "7.2.3", "licenseConcluded": "BSD-3-Clause", "licenseDeclared": "NOASSERTION",
            "externalRefs": [
                {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:*:redis:redis:7.2.3:*:*:*:*:*:*:*"},
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:bitnami/redis@7.2.3"},
            ],
        },
        {"name": "image"},
    ],
}  # fmt: skip
TAGS = """SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
PackageName: glibc
PackageVersion: 2.36
ExternalRef: SECURITY cpe23Type cpe:2.3:a:gnu:glibc:2.36:*:*:*:*:*:*:*
ExternalRef: PACKAGE-MANAGER purl pkg:generic/glibc@2.36
PackageLicenseDeclared: LGPL-2.1
PackageName: zlib
ExternalRef: PACKAGE_MANAGER purl pkg:generic/zlib@1.3
PackageLicenseDeclared: NOASSERTION
"""


def found(document: object, path: str = "opt/app/bom.json") -> list[tuple[str, str, str, tuple[str, ...]]] | None:
    content = document.encode() if isinstance(document, str) else json.dumps(document).encode()
    evidence = read_sbom(path, content)
    return None if evidence is None else [(p.type, p.name, p.version, p.licenses) for p in evidence.packages]


APP = ("npm", "app", "1.0.0", ())


def test_cyclonedx_with_nested_components() -> None:
    assert found(CYCLONEDX) == [
        APP,
        ("npm", "lodash", "4.17.21", ("MIT",)),
        ("pypi", "x", "1.0", ("MIT OR Apache-2.0",)),
    ]
    (note,) = read_sbom("bom.json", json.dumps(CYCLONEDX).encode()).notes
    assert note.reason.startswith("1 components")


def test_bitnamis_spdx() -> None:
    assert found(SPDX, "opt/bitnami/redis/.spdx-redis.spdx") == [("bitnami", "redis", "7.2.3", ("BSD-3-Clause",))]


def test_spdx_in_tags() -> None:
    assert found(TAGS) == [("generic", "glibc", "2.36", ("LGPL-2.1",)), ("generic", "zlib", "1.3", ())]


def test_spdx_3() -> None:
    document = {
        "@context": "x",
        "@graph": [{"type": "CreationInfo"}, {"type": "software_Package", "software_packageUrl": "pkg:npm/a@1.0.0"}],
    }
    assert found(document) == [("npm", "a", "1.0.0", ())]


def test_the_same_purl_counts_once() -> None:
    document = {**CYCLONEDX, "components": CYCLONEDX["components"][:1] * 5}
    assert len(found(document)) == 2


@pytest.mark.parametrize("purl", [None, "pkg:npm/app", "pkg:npm/%40scope/app"])
def test_what_the_document_is_about_may_have_no_version(purl: str | None) -> None:
    document = {"bomFormat": "CycloneDX", "metadata": {"component": {"type": "application", "purl": purl}}}
    assert found(document) == []
    assert read_sbom("bom.json", json.dumps(document).encode()).notes == ()


@pytest.mark.parametrize(
    "text", ["", "{}", '{"name":"bill of materials","components":[1]}', "<xml/>", "SPDX-License-Identifier: MIT", "[]"]
)
def test_other_files_of_the_name_say_nothing(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"bomFormat":"CycloneDX","components":[1]}',
        '{"bomFormat":"CycloneDX","components":[{"purl"',
        '{"spdxVersion":2,"packages":[]}',
        '{"spdxVersion":"SPDX-2.3","packages":' + "[" * 5000,
    ],
)
def test_a_damaged_sbom_is_said_to_be_damaged(text: str) -> None:
    with pytest.raises(InputError, match="SBOM"):
        read_sbom("bom.json", text.encode())


def test_components_nested_without_end_are_bounded() -> None:
    inner = '{"purl":"pkg:npm/a@1"}'
    for _ in range(200):
        inner = f'{{"components":[{inner}]}}'
    evidence = read_sbom("bom.json", f'{{"bomFormat":"CycloneDX","components":[{inner}]}}'.encode())
    assert evidence is not None
    assert (evidence.packages, len(evidence.notes)) == ((), 1)


@pytest.mark.parametrize(
    "path",
    [
        "opt/bitnami/redis/.spdx-redis.spdx",
        "app/bom.json",
        "app/x.cdx.json",
        "usr/share/sbom/a.spdx.json",
        "opt/venv/lib/python3.12/site-packages/a-1.dist-info/sboms/auditwheel.cdx.json",
    ],
)
def test_where_images_keep_sboms(path: str) -> None:
    assert Dispatch((SBOM,)).choose(path) is SBOM


@settings(max_examples=80)
@given(st.binary(max_size=100), st.sampled_from([b"", b'{"bomFormat":"CycloneDX",', b"SPDXVersion: 2\n"]))
def test_any_bytes(rest: bytes, start: bytes) -> None:
    try:
        read_sbom("bom.json", start + rest)
    except InputError:
        return
