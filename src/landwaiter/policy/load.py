"""A policy as a YAML file with the fields of `Policy`; every mistake is named with its key."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from landwaiter.compliance.load import shipped_benchmarks
from landwaiter.compliance.models import Benchmark
from landwaiter.compliance.yamlfile import read_yaml
from landwaiter.errors import InputError
from landwaiter.matching.models import SEVERITIES
from landwaiter.policy.models import Policy

FAIL_ON = (*SEVERITIES, "never")
"""What `fail_on` may say."""
_FIELDS = frozenset(Policy.__struct_fields__)


def load_policy(file: Path, benchmarks: Sequence[Benchmark] | None = None) -> Policy:
    """Read a policy. `benchmarks` are those whose controls it may name. Raises InputError naming file and key."""
    document = read_yaml(file, "policy")
    if not isinstance(document, dict):
        raise InputError(f"{file} is not a policy.", "Write keys and values, for example `fail_on: high`.")
    unknown = sorted(str(key) for key in document if key not in _FIELDS)
    if unknown:
        raise InputError(f"{file}: the key {unknown[0]!r} is unknown.", f"Known are {', '.join(sorted(_FIELDS))}.")
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        raise InputError(f"{file}: {error}.", "Compare with docs/reference/compliance.md.") from None
    try:
        return checked(policy, benchmarks)
    except InputError as error:
        raise InputError(f"{file}: {error.what}", error.remedy) from None


def checked(policy: Policy, benchmarks: Sequence[Benchmark] | None = None) -> Policy:
    """Return `policy` when its values make sense. Raises InputError naming the key."""
    if policy.fail_on not in FAIL_ON:
        raise InputError(f"fail_on: {policy.fail_on!r} is no severity.", f"Write one of {', '.join(FAIL_ON)}.")
    if policy.max_age_hours < 1:
        raise InputError(f"max_age_hours: {policy.max_age_hours} is too small.", "Write a number of hours from 1 on.")
    if not policy.name.strip():
        raise InputError("name: is empty.", "Give the policy a name.")
    known = _control_names(shipped_benchmarks() if benchmarks is None else benchmarks)
    for name in policy.fail_on_controls:
        if name not in known:
            raise InputError(
                f"fail_on_controls: there is no control {name!r}.",
                "Write `benchmark control`, such as `cis-docker 4.1`.",
            )
    return policy


def _control_names(benchmarks: Sequence[Benchmark]) -> frozenset[str]:
    return frozenset(f"{item.id} {control.id}" for item in benchmarks for control in item.controls)
