"""Benchmarks are YAML files; loading checks all that a check would otherwise stumble over.

The benchmarks that ship with the product lie in the folder `benchmarks` next to this module, one file each.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.models import Benchmark, Control
from landwaiter.compliance.yamlfile import read_yaml
from landwaiter.errors import InputError

BENCHMARKS_FOLDER = Path(__file__).parent / "benchmarks"
SEVERITIES = ("critical", "high", "medium", "low")


@cache
def shipped_benchmarks() -> tuple[Benchmark, ...]:
    """Return the benchmarks that ship with the product, sorted by file name."""
    return load_benchmarks(BENCHMARKS_FOLDER)


def load_benchmarks(folder: Path) -> tuple[Benchmark, ...]:
    """Read every `*.yaml` of `folder`. Raises InputError that names the file and the key that is wrong."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise InputError(f"The folder {folder} has no benchmark.", "Put at least one .yaml file into it.")
    benchmarks = tuple(load_benchmark(file) for file in files)
    for name, times in Counter(benchmark.id for benchmark in benchmarks).items():
        if times > 1:
            raise InputError(f"{times} benchmarks in {folder} have the id {name}.", "Give each an id of its own.")
    _check_references(folder, benchmarks)
    return benchmarks


def load_benchmark(file: Path) -> Benchmark:
    """Read one benchmark. References to other benchmarks are checked by `load_benchmarks`. Raises InputError."""
    try:
        benchmark = msgspec.convert(read_yaml(file, "benchmark"), Benchmark)
    except msgspec.ValidationError as error:
        raise InputError(f"{file}: {error}.", "Compare with the benchmarks that ship with Landwaiter.") from None
    for name, times in Counter(control.id for control in benchmark.controls).items():
        if times > 1:
            raise InputError(f"{file}: {times} controls have the id {name}.", "Give each an id of its own.")
    for control in benchmark.controls:
        _check_control(file, control)
    return benchmark


def parameters_of(control: Control) -> msgspec.Struct:
    """Return the parameters of the control's check, with their defaults. Raises msgspec.ValidationError."""
    parameters: msgspec.Struct = msgspec.convert(control.parameters, CHECKS[control.check].parameters)
    return parameters


def _check_control(file: Path, control: Control) -> None:
    where = f"{file}: control {control.id}"
    if control.severity not in SEVERITIES:
        raise InputError(
            f"{where}: severity {control.severity!r} is unknown.", f"Write one of {', '.join(SEVERITIES)}."
        )
    if bool(control.check) == bool(control.combines):
        raise InputError(f"{where}: give either check or combines.", "A control has one source for its status.")
    if control.combines:
        return
    if control.check not in CHECKS:
        raise InputError(f"{where}: check {control.check!r} is unknown.", f"Write one of {', '.join(sorted(CHECKS))}.")
    try:
        parameters_of(control)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: parameters: {error}.", "Compare with docs/reference/compliance.md.") from None


def _check_references(folder: Path, benchmarks: Sequence[Benchmark]) -> None:
    """Every control that is named exists; what is combined has a check of its own, so there is no loop."""
    known = {f"{benchmark.id} {control.id}": control for benchmark in benchmarks for control in benchmark.controls}
    for name, control in known.items():
        for other in (*control.also, *control.combines):
            if other not in known:
                raise InputError(f"{folder}: {name}: there is no control {other!r}.", "Write `benchmark control`.")
        for other in control.combines:
            if known[other].combines:
                raise InputError(f"{folder}: {name} combines {other}, which combines others.", "Name those instead.")
