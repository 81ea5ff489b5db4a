"""The special rules of each distribution, a golden case each."""

from typing import Any

import pytest

from landwaiter.inventory.models import OsRelease, Package
from landwaiter.matching.match import match


def found(assessment: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {item.id: (item.status, item.fixed_versions) for item in assessment.findings}


def test_ubuntu_pros_fix_does_not_count_without_pro(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    """The ESM version is above the installed one: only the standard data's word counts for a standard image."""
    name = "UBUNTU-CVE-2024-0001"
    standard = record(name, "Ubuntu:20.04:LTS", "openssl")
    pro = {"package": {"ecosystem": "Ubuntu:Pro:20.04:LTS", "name": "openssl"}}
    pro["ranges"] = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1.1f-1ubuntu2.24+esm1"}]}]
    standard["affected"].append(pro)
    image = inventory(package("deb", "libssl1.1", "1.1.1f-1ubuntu2.20", "openssl"), os=OsRelease("ubuntu", "20.04"))
    assert found(match(image, bundle(standard))) == {"CVE-2024-0001": ("affected", ())}


@pytest.mark.parametrize(("installed", "affected"), [("2.38-r0", True), ("2.39-r1", False), ("2.38-r9", True)])
def test_alpine_by_origin_not_by_subpackage(
    bundle: Any, inventory: Any, package: Any, installed: str, affected: bool
) -> None:
    database = {"packages": [{"pkg": {"name": "util-linux", "secfixes": {"2.39-r0": ["CVE-2024-0001"]}}}]}
    opened = bundle(files={"alpine-secdb/v3.18/main.json": database})
    image = inventory(package("apk", "libblkid", installed, "util-linux"), os=OsRelease("alpine", "3.18.4"))
    assert bool(match(image, opened).findings) is affected


@pytest.mark.parametrize(
    ("installed", "fixed", "affected"),
    [
        ("1.0-1", "1:0.9-1", True),
        ("1:1.0-1", "0.9-1", False),
        ("0:1.0-1", "1.0-1", False),
        ("1.0-1.el9", "0:1.0-2.el9", True),
    ],
)
def test_a_missing_epoch_is_0(
    bundle: Any, inventory: Any, package: Any, record: Any, installed: str, fixed: str, affected: bool
) -> None:
    opened = bundle(record("RLSA-1", "Rocky Linux:9", "x", fixed, related=["CVE-2024-0001"]))
    image = inventory(package("rpm", "x", installed), os=OsRelease("rocky", "9.3"))
    assert bool(match(image, opened).findings) is affected


@pytest.mark.parametrize(
    ("ecosystem", "os"),
    [
        ("SUSE:Linux Enterprise Module for Basesystem 15 SP4", OsRelease("sles", "15.4")),
        ("openSUSE:Leap 15.5", OsRelease("opensuse-leap", "15.5")),
        ("Photon OS:5.0", OsRelease("photon", "5.0")),
        ("Azure Linux:3", OsRelease("azurelinux", "3.0")),
        ("Mageia:9", OsRelease("mageia", "9")),
        ("openEuler:22.03-LTS-SP1", OsRelease("openEuler", "22.03", "openEuler 22.03 (LTS-SP1)")),
    ],
)
def test_sources_are_asked_where_the_data_name_them(
    bundle: Any, inventory: Any, package: Any, record: Any, ecosystem: str, os: OsRelease
) -> None:
    opened = bundle(record("X-2024-1", ecosystem, "openssl-3", "3.0.8-2", upstream=["CVE-2024-0001"]))
    older, newer = (package("rpm", "libopenssl3", version, "openssl-3") for version in ("3.0.8-1", "3.0.8-2"))
    assert list(found(match(inventory(older, os=os), opened))) == ["CVE-2024-0001"]
    assert found(match(inventory(newer, os=os), opened)) == {}


def test_suse_names_the_binaries_that_an_update_is_about(
    bundle: Any, inventory: Any, package: Any, record: Any
) -> None:
    update = record("SUSE-SU-2024:1-1", "openSUSE:Leap 15.5", "openssl-3", "3.0.8-2", upstream=["CVE-2024-0001"])
    update["affected"][0]["ecosystem_specific"] = {"binaries": [{"libopenssl3": "3.0.8-2"}]}
    os = OsRelease("opensuse-leap", "15.5")
    named, other = (package("rpm", name, "3.0.8-1", "openssl-3") for name in ("libopenssl3", "openssl-3-doc"))
    findings = match(inventory(named, other, os=os), bundle(update)).findings
    assert [item.package.name for item in findings] == ["libopenssl3"]


def test_several_ranges_and_the_next_fix(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    item = record("GHSA-a", "npm", "x", aliases=["CVE-2024-0001"])
    item["affected"][0]["ranges"] = [
        {"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "1.4.2"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"}]},
        {"type": "SEMVER", "events": [{"introduced": "3.0.0"}, {"last_affected": "3.2.0"}]},
        {"type": "GIT", "repo": "https://example.com/x", "events": [{"introduced": "0"}]},
    ]  # fmt: skip
    opened = bundle(item)
    expected = {
        "0.9.0": None,
        "1.4.1": ("1.4.2",),
        "1.4.2": None,
        "2.0.0": ("2.1.0",),
        "2.1.0": None,
        "3.2.0": (),
        "3.2.1": None,
    }
    for version, fixed in expected.items():
        findings = match(inventory(package("npm", "x", version)), opened).findings
        assert [item.fixed_versions for item in findings] == ([] if fixed is None else [fixed]), version


@pytest.mark.parametrize(
    ("ecosystem", "named", "kind", "installed"),
    [
        ("npm", "@babel/traverse", "npm", "@babel/traverse"),
        ("Maven", "org.apache.logging.log4j:log4j-core", "maven", "org.apache.logging.log4j:log4j-core"),
        ("Go", "github.com/x/y/v2", "golang", "github.com/x/y/v2"),
        ("Go", "stdlib", "golang", "stdlib"),
        ("PyPI", "Ruamel.Yaml_clib", "pypi", "ruamel-yaml.clib"),
        ("Packagist", "Symfony/Http-Kernel", "composer", "symfony/http-kernel"),
        ("NuGet", "Newtonsoft.Json", "nuget", "newtonsoft.json"),
    ],
)
def test_names(
    bundle: Any, inventory: Any, package: Any, record: Any, ecosystem: str, named: str, kind: str, installed: str
) -> None:
    opened = bundle(record("GHSA-a", ecosystem, named, "2.0.0", aliases=["CVE-2024-0001"]))
    assert found(match(inventory(package(kind, installed, "1.0.0")), opened)) == {
        "CVE-2024-0001": ("affected", ("2.0.0",))
    }


@pytest.mark.parametrize(
    ("ecosystem", "named", "kind", "installed"),
    [
        ("npm", "traverse", "npm", "@babel/traverse"),
        ("npm", "Express", "npm", "express"),
        ("Maven", "org.other:log4j-core", "maven", "org.apache.logging.log4j:log4j-core"),
        ("Go", "github.com/x/y", "golang", "github.com/x/y/v2"),
        ("Go", "toolchain", "golang", "stdlib"),
    ],
)
def test_other_names(
    bundle: Any, inventory: Any, package: Any, record: Any, ecosystem: str, named: str, kind: str, installed: str
) -> None:
    opened = bundle(record("GHSA-a", ecosystem, named, "2.0.0", aliases=["CVE-2024-0001"]))
    assert found(match(inventory(package(kind, installed, "1.0.0")), opened)) == {}


def test_aliases_of_aliases_are_one_finding(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    opened = bundle(
        record("PYSEC-1", "PyPI", "x", "2.0", aliases=["GHSA-a"]),
        record("GHSA-a", "PyPI", "x", "2.0", aliases=["CVE-2024-0001", "PYSEC-1"]),
    )
    (finding,) = match(inventory(package("pypi", "x", "1.0")), opened).findings
    assert (finding.id, finding.aliases) == ("CVE-2024-0001", ("GHSA-a", "PYSEC-1"))


def test_what_is_fixable_comes_before_what_is_likely(bundle: Any, inventory: Any, package: Any, record: Any) -> None:
    scores = "#model_version:v1,score_date:2024-01-01T00:00:00Z\ncve,epss,percentile\nCVE-2024-0001,0.9,0.9\n"
    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]
    opened = bundle(
        record("GHSA-a", "PyPI", "x", aliases=["CVE-2024-0001"], severity=severity),
        record("GHSA-b", "PyPI", "x", "2.0", aliases=["CVE-2024-0002"], severity=severity),
        files={"epss/epss_scores-2024-01-01.csv": scores},
    )
    image: Any = inventory(Package("pypi", "x", "1.0", "pkg:pypi/x@1.0"))
    assert list(found(match(image, opened))) == ["CVE-2024-0002", "CVE-2024-0001"]
