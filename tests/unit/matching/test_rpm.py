import pytest

from landwaiter.advisories.models import ALL_VERSIONS, Affected, fixed_in
from landwaiter.inventory.models import Package
from landwaiter.matching.rpm import other_build

MODULE = "1:18.12.1-1.module_el8.7.0+3400+c8ff2f1b"
NEWER = "1:18.14.2-2.module_el8.7.0+3500+aaaaaaaa"


def rpm(version: str, modularity: str = "") -> Package:
    return Package("rpm", "nodejs", version, "", modularity=modularity)


def statement(fixed: str, *streams: str, repository: str = "") -> Affected:
    return Affected("AlmaLinux:8", "nodejs", fixed_in(fixed), streams=streams, repository=repository)


LABEL = "nodejs:18:8070020230306170237:489197e6:x86_64"


@pytest.mark.parametrize(
    ("package", "affected"),
    [
        (rpm(MODULE, LABEL), statement(NEWER, "nodejs:18")),
        (rpm(MODULE, LABEL), statement(NEWER)),
        (rpm(MODULE), statement(NEWER, "nodejs:18")),
        (rpm("2.28-1.el8"), statement("2.28-2.el8")),
        (rpm("6.4-1.module+el9.2.0+1+abc", "php:8.1:1:2"), statement("6.5-1.module+el9.2.0+2+abc", "php:8.1")),
        (rpm(MODULE, LABEL), Affected("x", "nodejs", ALL_VERSIONS, streams=("nodejs:18",))),
        (rpm("2.17-1.ksplice1.el7"), statement("2.17-2.ksplice1.el7")),
    ],
)
def test_the_same_build(package: Package, affected: Affected) -> None:
    assert other_build(package, affected) == ""


@pytest.mark.parametrize(
    ("package", "affected", "why"),
    [
        (
            rpm(MODULE, LABEL),
            statement("1:20.1.0-1.module_el8.9.0+1+x", "nodejs:20"),
            "about nodejs:20, this is nodejs:18",
        ),
        (rpm(MODULE), statement("1:20.1.0-1.module_el8.9.0+1+x"), "another stream"),
        (rpm("18.0-1.el8"), statement(NEWER, "nodejs:18"), "a module's build"),
        (rpm(MODULE, LABEL), statement("1:19.0-1.el8"), "outside of modules"),
        (rpm(MODULE, LABEL), Affected("x", "nodejs", ALL_VERSIONS), "outside of modules"),
        (rpm(MODULE, LABEL), Affected("x", "nodejs", ALL_VERSIONS, streams=("nodejs:20",)), "about nodejs:20"),
        (rpm("2.17-1.el7"), statement("2.17-2.ksplice1.el7"), "ksplice"),
        (rpm("2.17-1.ksplice1.el7"), statement("2.17-2.el7"), "ksplice"),
        (rpm("3.6-1_fips"), statement("3.6-2"), "FIPS"),
        (rpm("4.14.1-1.amzn2"), statement("5.15.2-1.amzn2", repository="kernel-5.15"), "kernel-5.15"),
    ],
)
def test_another_build(package: Package, affected: Affected, why: str) -> None:
    assert why in other_build(package, affected)


@pytest.mark.parametrize(
    ("installed", "fixed", "repository"),
    [
        ("5.15.2-1.amzn2", "5.15.9-1.amzn2", "kernel-5.15"),
        ("20.10.7-1.amzn2", "25.0.3-1.amzn2", "docker"),
        ("1:1.22.1-1.amzn2", "1:1.24.0-1.amzn2", "nginx1"),
        ("1.8.0.312-1.amzn2", "1.8.0.402-1.amzn2", "corretto8"),
    ],
)
def test_an_optional_repository_of_the_same_stream(installed: str, fixed: str, repository: str) -> None:
    assert other_build(rpm(installed), statement(fixed, repository=repository)) == ""
