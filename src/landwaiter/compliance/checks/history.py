"""Checks that read how the image was built, from its history (OCI image spec, config.md, `history`).

A history that is absent or has gaps can show a fault, never its absence: then the answer is not_assessed.
"""

import re
from collections.abc import Callable, Iterable

import msgspec

from landwaiter.compliance.checks.check import Check, NoParameters
from landwaiter.compliance.checks.instructions import build_history
from landwaiter.compliance.checks.shell import Command
from landwaiter.compliance.models import ComplianceEvidence, Result
from landwaiter.compliance.redaction import redacted
from landwaiter.compliance.results import failed, not_assessed, passed, warned
from landwaiter.images.history import Instruction


class _PackageManager(msgspec.Struct, frozen=True):
    """The actions by which a package manager refreshes its index, and those that install or upgrade packages."""

    updates: frozenset[str]
    installs: frozenset[str]


_APT = _PackageManager(
    frozenset({"update"}),
    frozenset(
        {"install", "reinstall", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "build-dep", "satisfy"}
    ),
)
_YUM = _PackageManager(
    frozenset({"update", "makecache", "check-update"}),
    frozenset({"install", "reinstall", "upgrade", "groupinstall", "localinstall", "distro-sync", "builddep"}),
)
_APK = _PackageManager(frozenset({"update"}), frozenset({"add", "upgrade", "fix"}))
_ZYPPER = _PackageManager(
    frozenset({"refresh", "ref"}), frozenset({"install", "in", "update", "up", "dist-upgrade", "dup", "patch"})
)
_PACKAGE_MANAGERS = {
    "apt-get": _APT,
    "apt": _APT,
    "aptitude": _APT,
    "apk": _APK,
    "yum": _YUM,
    "dnf": _YUM,
    "microdnf": _YUM,
    "tdnf": _YUM,
    "zypper": _ZYPPER,
}
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tzst)\b|\.tar\.\w+", re.IGNORECASE)
_REMOTE = re.compile(r"\b(?:https?|ftp|git)://|\bgit@|\.git\b", re.IGNORECASE)
_PIPED_TO_SHELL = re.compile(
    r"\b(?:curl|wget)\b[^;&\n|]{0,500}\|\s*(?:sudo\s+(?:-\S+\s+)*)?(?:\S{0,40}/)?(?:ba|da|a|z|k)?sh\b"
)


class VerificationSwitches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words by which a package manager is told not to verify what it installs."""

    switches: tuple[str, ...]


def update_alone(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No RUN updates a package index without installing or upgrading packages in the same instruction."""
    bad = _runs(evidence, lambda found: any(_updates_alone(command, found) for command in found))
    return _answer(evidence, failed, bad, "Instructions update a package index alone.", "No update stands alone.")


def copy_instead_of_add(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No ADD after the base image; an ADD of an archive or an address is only a warning."""
    history = build_history(evidence.inventory.image.config)
    added = [item for item in _without_root(history.instructions) if item.keyword == "ADD" and not item.inherited]
    plain = [item for item in added if not (_ARCHIVE.search(item.text) or _REMOTE.search(item.text))]
    if added and not plain:
        text = "ADD fetches from an address or unpacks an archive: verify what it brings."
        return warned(text, map(_shown, added))
    return _answer(evidence, failed, plain, "ADD is used where COPY would do.", "COPY is used throughout.")


def unverified_packages(evidence: ComplianceEvidence, parameters: VerificationSwitches) -> Result:
    """No RUN installs packages with verification switched off, or runs a script straight from the network."""
    bad = []
    for run in build_history(evidence.inventory.image.config).runs:
        words = {part for command in run.commands for word in command.words for part in (word, _option(word))}
        if words.intersection(parameters.switches) or _PIPED_TO_SHELL.search(run.instruction.text):
            bad.append(run.instruction)
    return _answer(evidence, failed, bad, "Software is installed unverified.", "No verification is switched off.")


def sudo(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No RUN uses sudo."""
    bad = _runs(evidence, lambda found: any("sudo" in {item.wrapper, item.program} for item in found))
    return _answer(evidence, warned, bad, "Instructions use sudo.", "No instruction uses sudo.")


def release_upgrade(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No RUN upgrades to another release of the distribution (`dist-upgrade`)."""
    bad = _runs(evidence, lambda found: any(item.action in {"dist-upgrade", "do-release-upgrade"} for item in found))
    return _answer(evidence, warned, bad, "Instructions upgrade the distribution.", "No distribution upgrade.")


def _answer(
    evidence: ComplianceEvidence,
    verdict: Callable[[str, Iterable[str]], Result],
    bad: list[Instruction],
    found: str,
    clean: str,
) -> Result:
    """Say what was found; without a finding, pass only where the history is complete."""
    if bad:
        return verdict(found, map(_shown, bad))
    gap = build_history(evidence.inventory.image.config).gap
    return not_assessed(gap) if gap else passed(clean)


def _runs(evidence: ComplianceEvidence, bad: Callable[[tuple[Command, ...]], bool]) -> list[Instruction]:
    runs = build_history(evidence.inventory.image.config).runs
    return [run.instruction for run in runs if bad(run.commands)]


def _without_root(instructions: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """Leave out a first ADD: it is the root file system of the base image."""
    return instructions[1:] if instructions and instructions[0].keyword == "ADD" else instructions


def _updates_alone(command: Command, others: tuple[Command, ...]) -> bool:
    manager = _PACKAGE_MANAGERS.get(command.program)
    if manager is None or command.action not in manager.updates:
        return False
    same = (other for other in others if _PACKAGE_MANAGERS.get(other.program) is manager)
    return not any(other.action in manager.installs for other in same)


def _option(word: str) -> str:
    """The name of `--option=value`."""
    return word.partition("=")[0] if word.startswith("--") else word


def _shown(item: Instruction) -> str:
    return redacted(f"{item.keyword} {item.text}")


CHECKS = (
    Check("update_alone", update_alone, NoParameters),
    Check("copy_instead_of_add", copy_instead_of_add, NoParameters),
    Check("unverified_packages", unverified_packages, VerificationSwitches),
    Check("sudo", sudo, NoParameters),
    Check("release_upgrade", release_upgrade, NoParameters),
)
