"""The checks by name. To add one: write the function in the module of its evidence and name it in that `CHECKS`."""

from collections.abc import Mapping

from landwaiter.compliance.checks import (
    filesystem,
    history,
    image_config,
    packages,
    secrets,
    stated,
    task_definition,
    task_hardening,
    vulnerabilities,
)
from landwaiter.compliance.checks.check import AnyCheck

CHECKS: Mapping[str, AnyCheck] = {
    check.name: check
    for check in (
        *image_config.CHECKS,
        *filesystem.CHECKS,
        *history.CHECKS,
        *secrets.CHECKS,
        *packages.CHECKS,
        *vulnerabilities.CHECKS,
        *task_definition.CHECKS,
        *task_hardening.CHECKS,
        *stated.CHECKS,
    )
}
