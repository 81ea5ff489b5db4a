import pytest

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.checks.check import NoParameters
from landwaiter.compliance.checks.history import VerificationSwitches, copy_instead_of_add, update_alone
from landwaiter.compliance.load import parameters_of, shipped_benchmarks

BASE = ("ADD rootfs.tar.gz / # buildkit", ('CMD ["sh"]', True))
HISTORY_CHECKS = ("update_alone", "copy_instead_of_add", "unverified_packages", "sudo", "release_upgrade")


def run(command):
    return (*BASE, f"RUN /bin/sh -c {command} # buildkit")


def verification():
    control = next(c for b in shipped_benchmarks() for c in b.controls if c.check == "unverified_packages")
    return parameters_of(control)


def parameters(name):
    return verification() if name == "unverified_packages" else NoParameters()


@pytest.mark.parametrize(
    "command",
    [
        "apt-get update",
        "apt-get update -y && rm -rf /x",
        "apt update",
        "apk update",
        "yum -y update",
        "sudo apt-get update",
        "apt-get update; apt-get -q update",
        "apt-get update && pip install x",
        "bash -c 'apt-get update'",
        "zypper refresh",
        "dnf makecache && echo apt-get install",
    ],
)
def test_update_alone_fails(evidence, command):
    assert update_alone(evidence(history=run(command)), NoParameters()).status == "fail"


@pytest.mark.parametrize(
    "command",
    [
        "apt-get update && apt-get install -y --no-install-recommends curl",
        "apt-get update\napt-get install -y curl",
        "apk update && apk upgrade",
        "apk add --no-cache curl",
        "yum install -y curl && yum clean all",
        "yum update -y && yum install -y curl",
        "zypper ref && zypper in curl",
        "echo apt-get update",
        "npm update",
        "update-ca-certificates",
    ],
)
def test_update_with_installation_passes(evidence, command):
    assert update_alone(evidence(history=run(command)), NoParameters()).status == "pass"


@pytest.mark.parametrize("name", HISTORY_CHECKS)
@pytest.mark.parametrize(
    "history",
    [None, (), ("bazel build ...",), ("ko build ko://x",), ("", ""), ("Buildpacks Launcher",), ("created by nix",)],
)
def test_no_history_is_not_assessed(evidence, name, history):
    seen = evidence(history=history, layers=2)
    assert CHECKS[name].run(seen, parameters(name)).status == "not_assessed"


@pytest.mark.parametrize("name", HISTORY_CHECKS)
def test_a_plain_build_passes(evidence, name):
    assert CHECKS[name].run(evidence(history=(*BASE, "COPY . /app # buildkit")), parameters(name)).status == "pass"


def test_a_fault_is_a_fault_even_in_a_history_with_gaps(evidence):
    seen = evidence(history=(*BASE, "bazel build ...", "RUN /bin/sh -c apt-get update # buildkit"), layers=4)
    assert update_alone(seen, NoParameters()).status == "fail"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("ADD . /app # buildkit", "fail"),
        ("/bin/sh -c #(nop) ADD file:abc in /app ", "fail"),
        ("ADD app.tar.gz /app # buildkit", "warn"),
        ("ADD app.tgz /app # buildkit", "warn"),
        ("ADD https://example.com/x /x # buildkit", "warn"),
        ("ADD git@example.com:x/y.git /x # buildkit", "warn"),
        ("COPY . /app # buildkit", "pass"),
        ("RUN /bin/sh -c ADD # buildkit", "pass"),
    ],
)
def test_add(evidence, line, status):
    assert copy_instead_of_add(evidence(history=(*BASE, line)), NoParameters()).status == status


def test_add_of_the_base_image_does_not_count(evidence):
    history = (
        "/bin/sh -c #(nop) ADD file:1 in / ",
        "/bin/sh -c #(nop) ADD file:2 in /x ",
        ('/bin/sh -c #(nop)  CMD ["sh"]', True),
    )
    seen = evidence(history=(*history, "/bin/sh -c #(nop) COPY file:3 in /app "))
    assert copy_instead_of_add(seen, NoParameters()).status == "pass"


@pytest.mark.parametrize(
    "command",
    [
        "apk add --allow-untrusted x.apk",
        "apt-get install -y --allow-unauthenticated x",
        "apt-get --force-yes install x",
        "yum install --nogpgcheck x",
        "yum install --setopt=gpgcheck=0 x",
        "pip install --trusted-host example.com x",
        "pip install --trusted-host=example.com x",
        "curl -fsSL https://example.com/install.sh | sh",
        "wget -qO- https://example.com/i | sudo -E bash -",
        "curl https://example.com/i|/bin/bash",
    ],
)
def test_unverified_software_fails(evidence, command):
    assert CHECKS["unverified_packages"].run(evidence(history=run(command)), verification()).status == "fail"


@pytest.mark.parametrize(
    "command", ["curl -O https://example.com/x && sha256sum -c x", "curl x | tar xz", "echo '--allow-untrusted=no'"]
)
def test_verified_software_passes(evidence, command):
    switches = VerificationSwitches(("--allow-untrusted-packages",))
    assert CHECKS["unverified_packages"].run(evidence(history=run(command)), switches).status == "pass"


def test_sudo_and_release_upgrades_warn(evidence):
    assert CHECKS["sudo"].run(evidence(history=run("sudo make install")), NoParameters()).status == "warn"
    assert (
        CHECKS["release_upgrade"]
        .run(evidence(history=run("apt-get update && apt-get -y dist-upgrade")), NoParameters())
        .status
        == "warn"
    )


def test_secrets_in_the_evidence_are_redacted(evidence):
    token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5"
    found = update_alone(
        evidence(history=run(f"git clone https://{token}@example.com/x; apt-get update")), NoParameters()
    )
    assert found.status == "fail"
    assert token not in str(found)
