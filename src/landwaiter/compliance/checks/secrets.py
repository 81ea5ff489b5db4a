"""Secrets that were built into the image: environment, labels, history, and files of every layer, deleted ones too."""

from collections.abc import Iterator

from landwaiter.compliance.checks.check import Check, NoParameters
from landwaiter.compliance.checks.instructions import LARGEST, build_history, read_entries
from landwaiter.compliance.evidence import files_unseen, image_config
from landwaiter.compliance.models import ComplianceEvidence, Result
from landwaiter.compliance.results import count, failed, not_assessed, passed, warned
from landwaiter.images.models import ContainerConfig
from landwaiter.inventory.secrets import find_in_assignment, find_in_line, redact

_BY_NAME = frozenset({"credential", "private-key"})


def image_secrets(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No secret is in the image's environment, labels, history, or in a file of any layer."""
    config = image_config(evidence)
    found = [*_in_config(config or ContainerConfig()), *_in_history(evidence), *_in_files(evidence)]
    if found:
        return failed(f"{count(len(found), 'secret')} in the image.", found)
    if suspects := [f"/{item.path}" for item in evidence.inventory.files.notable if item.kind in _BY_NAME]:
        return warned(
            "Files are named as credentials and keys are; no known form of secret was found in them.", suspects
        )
    if gap := _gap(evidence, config):
        return not_assessed(f"No secret was found, but not all was seen. {gap}")
    return passed("No secret was found in environment, labels, history and files.")


def _in_config(config: ContainerConfig) -> Iterator[str]:
    left = LARGEST
    for kind, name, value in _settings(config):
        left -= len(name) + len(value)
        if left < 0:
            return
        if rule := find_in_assignment(name, value):
            yield f"{kind} {name} ({rule})"


def _settings(config: ContainerConfig) -> Iterator[tuple[str, str, str]]:
    for variable in config.env or ():
        name, _, value = variable.partition("=")
        yield "environment variable", name, value
    for name, value in (config.labels or {}).items():
        yield "label", name, value


def _in_history(evidence: ComplianceEvidence) -> Iterator[str]:
    for index, entry in enumerate(read_entries(evidence.inventory.image.config.history or ())):
        for text in (entry.created_by, entry.comment):
            for rule, secret in find_in_line(text or ""):
                yield f"line {index + 1} of the history: {redact(secret)} ({rule})"


def _in_files(evidence: ComplianceEvidence) -> Iterator[str]:
    for item in evidence.inventory.files.secrets:
        yield f"/{item.path} line {item.line}: {item.excerpt} ({item.rule})"


def _gap(evidence: ComplianceEvidence, config: ContainerConfig | None) -> str:
    if config is None:
        return "There is no image config to read."
    if sum(len(name) + len(value) for _, name, value in _settings(config)) > LARGEST:
        return "Environment and labels are too large to be read."
    return build_history(evidence.inventory.image.config).gap or files_unseen(evidence)


CHECKS = (Check("image_secrets", image_secrets, NoParameters),)
