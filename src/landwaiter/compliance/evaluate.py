"""From evidence to control results: each check runs once for its parameters, each control is a view on its result."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.load import parameters_of, shipped_benchmarks
from landwaiter.compliance.models import STATUSES, Benchmark, ComplianceEvidence, Control, ControlResult, Result
from landwaiter.compliance.results import bounded

_Check = tuple[str, bytes]
"""A check with its parameters (as JSON): what controls have in common when they ask the same question."""


def evaluate(evidence: ComplianceEvidence, benchmarks: Sequence[Benchmark] | None = None) -> tuple[ControlResult, ...]:
    """Return the result of every control, in the order of the benchmarks (those that ship unless others are given).

    `benchmarks` must come from `load_benchmarks`, which has checked their parameters and references.
    """
    chosen = shipped_benchmarks() if benchmarks is None else benchmarks
    single: dict[_Check, Result] = {}
    results: dict[str, Result] = {}
    for name, control in _controls(chosen):
        if control.check:
            asked = _asked(control)
            if asked not in single:
                single[asked] = CHECKS[control.check].run(evidence, parameters_of(control))
            results[name] = single[asked]
    for name, control in _controls(chosen):
        if control.combines:
            results[name] = combine({other: results[other] for other in control.combines})
    related = _related(chosen)
    return tuple(
        _control_result(benchmark, control, results[f"{benchmark.id} {control.id}"], related)
        for benchmark in chosen
        for control in benchmark.controls
    )


def combine(results: dict[str, Result]) -> Result:
    """Return the most urgent of the results' statuses, with the controls that have it as evidence."""
    status = min((result.status for result in results.values()), key=STATUSES.index)
    deciding = [f"{name}: {result.message}" for name, result in results.items() if result.status == status]
    return Result(status, f"{len(deciding)} of {len(results)} controls: {status.replace('_', ' ')}.", bounded(deciding))


def _control_result(
    benchmark: Benchmark, control: Control, result: Result, related: dict[str, tuple[str, ...]]
) -> ControlResult:
    return ControlResult(
        benchmark=benchmark.id,
        control=control.id,
        title=control.title,
        severity=control.severity,
        check=control.check or "combined",
        status=result.status,
        message=result.message,
        evidence=result.evidence,
        remediation=control.remediation,
        also=related[f"{benchmark.id} {control.id}"],
    )


def _related(benchmarks: Sequence[Benchmark]) -> dict[str, tuple[str, ...]]:
    """For each control, those that ask the same question of the same check, or that one of the two names in `also`."""
    same: dict[_Check, list[str]] = defaultdict(list)
    named: dict[str, list[str]] = defaultdict(list)
    for name, control in _controls(benchmarks):
        if control.check and control.check != "stated":
            same[_asked(control)].append(name)
        for other in control.also:
            named[name].append(other)
            named[other].append(name)
    return {
        name: tuple(item for item in dict.fromkeys([*same.get(_asked(control), []), *named[name]]) if item != name)
        for name, control in _controls(benchmarks)
    }


def _controls(benchmarks: Iterable[Benchmark]) -> Iterator[tuple[str, Control]]:
    return ((f"{item.id} {control.id}", control) for item in benchmarks for control in item.controls)


def _asked(control: Control) -> _Check:
    return control.check, msgspec.json.encode(control.parameters, order="sorted")
