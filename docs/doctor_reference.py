"""Write docs/reference/doctor/ from the checks' own words: `python docs/doctor_reference.py`."""

from collections.abc import Iterator
from pathlib import Path

from landwaiter.aws.doctor.checks import CHECKS, SUBJECTS
from landwaiter.aws.doctor.models import Check
from landwaiter.aws.doctor.repairs import REPAIRS

FOLDER = Path(__file__).parent / "reference" / "doctor"

_NOTE = "<!-- Written by docs/doctor_reference.py from the checks; change those instead. -->"

_HEAD = f"""\
# The doctor

{_NOTE}

`landwaiter aws doctor` checks every fact of a deployment: of our stacks, and of one made by hand from the guide. It
finds function, project, roles and policy by the guide's names, and the VPC by our network stack, by the parameters of
the scanning stack, or by what function and project use and which table is named `Public-RT`.

    landwaiter aws doctor
    landwaiter aws doctor --only LW-NET --only LW-EVT-004
    landwaiter aws doctor --fix
    landwaiter aws doctor --format json

| status | means |
| --- | --- |
| passed | the fact holds, and what decides was seen |
| failed | it does not; the command exits with 1 |
| warned | it works, but someone should look |
| skipped | it does not apply, or could not be seen; the reason is given, such as `not permitted: iam:GetRole` |

Looking changes nothing, with one exception that changes nothing either: the function is invoked once with
`{{"landwaiter": "check"}}`, to make the TLS handshake with the platform **from where it runs** (`--no-invoke` leaves it
out). `--fix` mends what the table marks, says what it did, and checks again. It deletes nothing, and replaces no route
that leads somewhere. With `LANDWAITER_ADMIN_TOKEN` set, the platform's list of permitted networks is read, and mended.

A VPC of your own is given with `--vpc-id`, `--lambda-subnet` and `--codebuild-subnet`, or known from the scanning
stack; the layout that the guide asks for is then not insisted on.
"""


def pages() -> dict[str, str]:
    """Return the texts of all pages by their file's name."""
    return {"index.md": _index(), **{f"{one.id}.md": _page(one) for one in CHECKS}}


def _index() -> str:
    return "\n".join([_HEAD, *_tables(), "```{toctree}", ":hidden:", *(one.id for one in CHECKS), "```", ""])


def _tables() -> Iterator[str]:
    for prefix, title in SUBJECTS.items():
        yield f"## {title}"
        yield ""
        yield "| id | what must hold | in the guide | `--fix` |"
        yield "| --- | --- | --- | --- |"
        for one in CHECKS:
            if one.id.startswith(prefix + "-"):
                yield f"| [{one.id}]({one.id}.md) | {one.title} | {one.runbook} | {_fixed(one)} |"
        yield ""


def _fixed(check: Check) -> str:
    return "mends it" if check.id in REPAIRS else ""


def _page(check: Check) -> str:
    mends = f"`landwaiter aws doctor --fix --only {check.id}` mends it, where it is safe to."
    return "\n".join(
        [
            f"({check.id.lower()})=",
            f"# {check.id}: {check.title}",
            "",
            _NOTE,
            "",
            f"**What is checked.** {check.describes}",
            "",
            f"**Why it matters.** {check.why}",
            "",
            "**How to mend it.**",
            "",
            f"    {check.generic_mend}",
            "",
            mends if check.id in REPAIRS else "`--fix` leaves it alone: it is for a person to decide.",
            "",
            f"**In the guide:** {check.runbook}."
            if check.runbook
            else "**In the guide:** not said; practice taught it.",
            "",
        ]
    )


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
