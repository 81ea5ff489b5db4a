import io
import json
import tarfile
from typing import Any

import pytest
import zstandard

from landwaiter.advisories.feeds import redhat_vex
from landwaiter.advisories.models import Advisory, Affected, ProductRepository, Quarantined


def product(identifier: str, *, cpe: str = "", purl: str = "") -> dict[str, Any]:
    helper = {key: value for key, value in (("cpe", cpe), ("purl", purl)) if value}
    return {"product": {"name": identifier, "product_id": identifier, "product_identification_helper": helper}}


def part(component: str, whole: str) -> dict[str, Any]:
    name = {"name": f"{component} of {whole}", "product_id": f"{whole}:{component}"}
    return {"full_product_name": name, "product_reference": component, "relates_to_product_reference": whole}


TREE = {
    "branches": [
        {"branches": [product("red_hat_enterprise_linux_9", cpe="cpe:/o:redhat:enterprise_linux:9")]},
        product("AppStream-9.3", cpe="cpe:/a:redhat:enterprise_linux:9::appstream"),
        product("Ceph-6", cpe="cpe:/a:redhat:ceph_storage:6::el9"),
        product("samba", purl="pkg:rpm/redhat/samba"),
        product("samba-0:4.18.6-1.el9.x86_64", purl="pkg:rpm/redhat/samba@4.18.6-1.el9?arch=x86_64"),
        product("samba-0:4.18.6-1.el9.aarch64", purl="pkg:rpm/redhat/samba@4.18.6-1.el9?arch=aarch64"),
        product("bare", purl="pkg:rpm/redhat/bind@9.16-1.el9?arch=x86_64&epoch=32"),
        product("nodejs:18", purl="pkg:rpmmod/redhat/nodejs@18:9010020230306170237:rhel9"),
        product(
            "nodejs-1:18.14-1.module+el9.1.0+1+a.x86_64",
            purl="pkg:rpm/redhat/nodejs@18.14-1.module%2Bel9.1.0%2B1%2Ba?arch=x86_64&epoch=1",
        ),
        product("image", purl="pkg:oci/x"),
    ],
    "relationships": [
        part("samba", "red_hat_enterprise_linux_9"),
        part("samba", "Ceph-6"),
        part("samba-0:4.18.6-1.el9.x86_64", "AppStream-9.3"),
        part("samba-0:4.18.6-1.el9.aarch64", "AppStream-9.3"),
        part("bare", "AppStream-9.3"),
        part("nodejs-1:18.14-1.module+el9.1.0+1+a.x86_64", "AppStream-9.3:nodejs:18"),
        part("nodejs:18", "AppStream-9.3"),
        part("image", "AppStream-9.3"),
    ],
}
UNFIXED = "red_hat_enterprise_linux_9:samba"


def document(status: dict[str, list[str]], **fields: Any) -> dict[str, Any]:
    vulnerability = {"cve": "CVE-2024-0001", "title": "samba: a flaw", "product_status": status} | fields
    head = {"title": "title", "tracking": {"current_release_date": "2024-01-02T03:04:05+00:00"}}
    return {"document": head, "product_tree": TREE, "vulnerabilities": [vulnerability]}


def affected(status: dict[str, list[str]], **fields: Any) -> tuple[Affected, ...]:
    (fact,) = redhat_vex.parse(json.dumps(document(status, **fields)).encode(), "x.json")
    assert isinstance(fact, Advisory)
    return fact.affected


def test_a_document() -> None:
    scores = [{"products": [UNFIXED], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N", "baseScore": 5.0}}]
    (fact,) = redhat_vex.parse(json.dumps(document({}, scores=scores)).encode(), "x.json")
    assert isinstance(fact, Advisory)
    assert (fact.id, fact.modified, fact.summary) == ("CVE-2024-0001", "2024-01-02T03:04:05Z", "samba: a flaw")
    assert fact.vectors == ("CVSS:3.1/AV:N",)
    assert fact.affected == ()


def test_fixes_are_the_same_for_all_architectures() -> None:
    ids = [f"AppStream-9.3:samba-0:4.18.6-1.el9.{arch}" for arch in ("x86_64", "aarch64")]
    (found,) = affected({"fixed": ids})
    assert (found.ecosystem, found.package) == ("Red Hat:enterprise_linux:9::appstream", "samba")
    assert found.ranges[0].events[1].fixed == "0:4.18.6-1.el9"


def test_the_epoch_may_stand_in_the_purl() -> None:
    (found,) = affected({"fixed": ["AppStream-9.3:bare"]})
    assert (found.package, found.ranges[0].events[1].fixed) == ("bind", "32:9.16-1.el9")


def test_modules_have_their_stream() -> None:
    (found,) = affected({"fixed": ["AppStream-9.3:nodejs:18:nodejs-1:18.14-1.module+el9.1.0+1+a.x86_64"]})
    assert (found.package, found.streams) == ("nodejs", ("nodejs:18",))
    assert found.ecosystem == "Red Hat:enterprise_linux:9::appstream"


@pytest.mark.parametrize(
    ("state", "remediation", "status"),
    [
        ("known_affected", None, "affected"),
        ("known_affected", ("none_available", "Affected"), "affected"),
        ("known_affected", ("none_available", "Fix deferred"), "deferred"),
        ("known_affected", ("no_fix_planned", "Will not fix"), "will_not_fix"),
        ("known_affected", ("no_fix_planned", "Out of support scope"), "end_of_life"),
        ("under_investigation", None, "under_investigation"),
        ("known_not_affected", None, "not_affected"),
    ],
)
def test_statuses(state: str, remediation: tuple[str, str] | None, status: str) -> None:
    stated = [{"category": remediation[0], "details": remediation[1], "product_ids": [UNFIXED]}] if remediation else []
    threats = [{"category": "impact", "details": "Moderate", "product_ids": [UNFIXED]}]
    (found,) = affected({state: [UNFIXED]}, remediations=stated, threats=threats)
    assert (found.ecosystem, found.package) == ("Red Hat:enterprise_linux:9", "samba")
    assert (found.status, found.severity) == (status, "medium")
    assert bool(found.ranges) is (status != "not_affected")


def test_what_is_not_compiled() -> None:
    assert (
        affected({"fixed": ["AppStream-9.3:image", "unknown", "AppStream-9.3"], "known_affected": ["Ceph-6:samba"]})
        == ()
    )


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"document": {}, "vulnerabilities": [{"cve": "nonsense"}]}'])
def test_what_is_no_document(content: bytes) -> None:
    (fact,) = redhat_vex.parse(content, "x.json")
    assert isinstance(fact, Quarantined)
    assert fact.record == "x.json"


def test_the_archive_and_single_documents(feeds: Any) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in (
            ("2024/cve-2024-0001.json", document({"known_affected": [UNFIXED]})),
            ("2024/bad.json", "{"),
        ):
            data = json.dumps(content).encode() if isinstance(content, dict) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    packed = zstandard.compress(buffer.getvalue())
    feeds.file("redhat-vex/vex.tar.zst", packed)
    feeds.file("redhat-vex/cve-2024-0001.json", json.dumps(document({"known_not_affected": [UNFIXED]})))
    feeds.file("redhat-vex/repository-to-cpe.json", json.dumps({"data": {"rhel-9": {"cpes": ["cpe:/o:redhat:x"]}}}))
    feeds.file("redhat-vex/z.tar.zst", packed[: len(packed) // 2])
    facts = list(redhat_vex.read(feeds.folder))
    assert [fact.affected[0].status for fact in facts if isinstance(fact, Advisory)] == ["affected", "not_affected"]
    assert [fact.record for fact in facts if isinstance(fact, Quarantined)] == ["2024/bad.json", "z.tar.zst"]
    assert [fact for fact in facts if isinstance(fact, ProductRepository)] == [
        ProductRepository("rhel-9", ("cpe:/o:redhat:x",))
    ]
    with feeds.build() as bundle:
        assert bundle.repository("rhel-9") == ("cpe:/o:redhat:x",)
        assert bundle.repository("nonesuch") == ()
