"""Write docs/reference/compliance.md from the benchmarks: `python docs/compliance_reference.py`."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.load import shipped_benchmarks
from landwaiter.compliance.models import Benchmark, Control

PAGE = Path(__file__).parent / "reference" / "compliance.md"

_HEAD = """\
# Compliance

<!-- Written by docs/compliance_reference.py from the benchmarks; change those instead. -->

Each image is evaluated against the benchmarks below; where it runs as a task, together with the task definition. A
*benchmark* is a YAML file in `src/landwaiter/compliance/benchmarks/`, a *control* names the *check* that decides it,
and a check is a function over what was seen of image and task. Controls that ask the same question share one answer.

| status | means |
| --- | --- |
| `pass` | the requirement is met, and what decides was seen |
| `fail` | it is not met |
| `warn` | someone should look |
| `not_assessed` | what decides was not seen: no history, an unreadable layer, no task definition, data not collected |
| `not_applicable` | the requirement speaks of something that is not there |
| `inherited` | AWS answers for it on Fargate |
| `error` | the check could not be carried out |

A pass is never inferred from missing data. Requirements that Fargate enforces itself (no privileged containers, no host
network, no host processes) pass once a task definition was seen that does not ask for the contrary.

Ids and titles of published benchmarks are cited; descriptions and remediation are Landwaiter's own.

## Policies

A policy decides the verdict. It is a YAML file with these keys, all of which may be left out:

| key | default | means |
| --- | --- | --- |
| `name` | `default` | how the verdict names the policy |
| `fail_on` | `critical` | the least severity that fails: critical, high, medium, low, negligible, unknown, or never |
| `ignore_unfixed` | `false` | leave findings out that have no fix, or that the vendor will not fix |
| `fail_on_kev` | `true` | fail on any known exploited vulnerability, whatever its severity, fixed or not |
| `fail_on_controls` | none | controls whose failure fails the image, such as `cis-docker 4.1` |
| `max_age_hours` | `72` | how old the advisory data may be |

The verdict is `fail` when the policy is violated; else `not_assessed` when the data is too old or missing, the
distribution is unknown, a part of the image could not be read, or a control named in the policy could not be assessed;
else `pass`. A failure stays a failure, and says what was not assessed.

## Benchmarks of your own

`load_benchmarks` reads a folder of such files; copy one of those that ship and change it. A control gives either
`check` (with `parameters`) or `combines`, a list of other controls whose most urgent status is its own. Mistakes are
named with file and key.
"""


def page() -> str:
    """Return the text of the page."""
    sections = [*map(_benchmark, shipped_benchmarks()), _checks()]
    return "\n".join([_HEAD, *("\n".join(section) for section in sections)])


def _benchmark(benchmark: Benchmark) -> Iterator[str]:
    yield f"## {benchmark.title}"
    yield ""
    yield f"`{benchmark.id}`, version {benchmark.version}. Source: {benchmark.source}."
    yield ""
    for control in benchmark.controls:
        yield from _control(benchmark, control)


def _control(benchmark: Benchmark, control: Control) -> Iterator[str]:
    yield f"### {benchmark.id} {control.id}: {control.title}"
    yield ""
    yield f"Severity {control.severity}. {_decided(control)}"
    yield ""
    yield control.why.strip()
    yield ""
    yield f"*What to do:* {control.remediation.strip()}"
    yield ""
    if control.also:
        yield f"See also {', '.join(control.also)}."
        yield ""


def _decided(control: Control) -> str:
    if control.combines:
        return f"Combines {', '.join(control.combines)}."
    if control.check == "stated":
        return f"Always `{control.parameters['status']}`: {control.parameters['reason']}"
    return f"Check `{control.check}`."


def _checks() -> Iterator[str]:
    yield "## Checks"
    yield ""
    yield "| check | passes when | parameters |"
    yield "| --- | --- | --- |"
    for name, check in sorted(CHECKS.items()):
        parameters = ", ".join(f"`{field.name}`" for field in msgspec.structs.fields(check.parameters))
        yield f"| `{name}` | {check.describes} | {parameters} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page())
