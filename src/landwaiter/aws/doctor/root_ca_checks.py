"""Part 3 of the runbook: the layer with the platform's custom root CA."""

from datetime import timedelta

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Certificate, Estate, Function, LayerFile, seen
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned

_NO_FUNCTION = "There is no function: see LW-FUN-001."
_SOON = timedelta(days=30)
_PUBLISH = "landwaiter aws ca publish {file}"
_NO_CA = "No custom root CA is used. Whether one is needed, LW-PLT-002 tells."


def _function(estate: Estate) -> Function:
    return seen(estate.function, _NO_FUNCTION)


def path_of(function: Function) -> str:
    """The value of QualysPodCustomRootCertPath, "" without a custom root CA."""
    return function.environment.get(names.ROOT_CA_PARAMETER, "")


def _named(estate: Estate) -> LayerFile | None:
    path = path_of(_function(estate))
    return next((one for one in seen(estate.layer_files) if one.path == path), None)


@check(
    "LW-CA-001",
    "The layer with the root CA is added to the function",
    why="Lambda puts the certificate below /opt only where the layer is added to the function.",
    mend="aws lambda update-function-configuration --function-name {function} --layers {layer}",
    runbook="part 3, last step",
)
def layer_added(estate: Estate) -> Outcome:
    """Where a root CA is named, the function has a layer."""
    function = _function(estate)
    path = path_of(function)
    if not path and not function.layer_arns:
        return skipped(_NO_CA)
    if not function.layer_arns:
        return failed(f"{names.ROOT_CA_PARAMETER} is {path}, but the function has no layer.", function=names.FUNCTION)
    return passed(f"{', '.join(function.layer_arns)}.")


@check(
    "LW-CA-002",
    "QualysPodCustomRootCertPath names the certificate in the layer",
    why="The function trusts what it finds at this path, and does not start its calls when it finds nothing.",
    mend=(
        "landwaiter aws doctor --fix --only LW-CA-002, or Lambda, Configuration, Environment variables: "
        "QualysPodCustomRootCertPath = {path}"
    ),
    runbook="part 3, QualysPodCustomRootCertPath",
)
def path_names_file(estate: Estate) -> Outcome:
    """The path is below /opt and a file of the layers is there."""
    function = _function(estate)
    path = path_of(function)
    if not function.layer_arns:
        return skipped(_NO_CA if not path else "The function has no layer: see LW-CA-001.")
    held = [one.path for one in seen(estate.layer_files) if one.certificates]
    there = ", ".join(held) or "no certificate"
    suggested = held[0] if held else "path"
    if not path:
        if not held:
            return skipped(_NO_CA)
        return failed(f"It is empty, but the layers hold {there}.", path=suggested)
    if not path.startswith("/opt/"):
        return failed(f"{path} is not below /opt; the layers hold {there}.", path=suggested)
    if _named(estate) is None:
        return failed(f"Nothing is at {path}; the layers hold {there}.", path=suggested)
    return passed(f"{path}.")


def _certificates(estate: Estate) -> tuple[Certificate, ...] | Outcome:
    """The certificates that the function trusts in addition, or why there is nothing to look at."""
    function = _function(estate)
    if not path_of(function):
        return skipped(_NO_CA)
    file = _named(estate)
    if file is None:
        return skipped("There is no file at the path: see LW-CA-001 and LW-CA-002.")
    if not file.certificates:
        return failed(f"{file.path} holds no certificate in PEM or DER.")
    return file.certificates


@check(
    "LW-CA-003",
    "The certificate in the layer is a root CA",
    why="A server certificate in its place breaks at the next renewal; anything else is trusted by nobody.",
    mend=_PUBLISH,
    runbook="part 3",
)
def is_root(estate: Estate) -> Outcome:
    """The file holds certificates, and every one is a CA's."""
    found = _certificates(estate)
    if isinstance(found, Outcome):
        return found
    leaves = [one.subject for one in found if not one.is_ca]
    if leaves:
        return failed(f"Not a CA certificate: {', '.join(leaves)}.")
    return passed(f"{', '.join(one.subject for one in found)}.")


@check(
    "LW-CA-004",
    "The root CA does not expire soon",
    why="On the day it expires the function trusts the platform no more, and every event is parked.",
    mend=_PUBLISH,
)
def not_expired(estate: Estate) -> Outcome:
    """No certificate in the file has expired, or does so within 30 days or the last tenth of its life."""
    found = _certificates(estate)
    if isinstance(found, Outcome):
        return skipped("There is no certificate to look at: see LW-CA-003.") if found.status != "skipped" else found
    first = min(found, key=lambda one: one.not_after)
    when = f"{first.subject} expires on {first.not_after:%Y-%m-%d}"
    if first.not_after <= estate.now:
        return failed(f"{first.subject} expired on {first.not_after:%Y-%m-%d}.")
    # A root that was made for days only, such as the sandbox's, is warned of later.
    soon = min(_SOON, (first.not_after - first.not_before) / 10)
    if first.not_after - estate.now < soon:
        return warned(f"{when}.")
    return passed(f"{when}.")


@check(
    "LW-CA-005",
    "The builds trust the same root CA",
    why="Function and builds call the same platform; a build that does not trust it scans and cannot report.",
    mend="landwaiter aws up",
)
def same_in_project(estate: Estate) -> Outcome:
    """The project's LANDWAITER_ROOT_CA has every root that the layer has."""
    found = _certificates(estate)
    if isinstance(found, Outcome):
        return found if found.status == "skipped" else skipped("See LW-CA-003.")
    project = seen(estate.project, "There is no project: see LW-BLD-001.")
    if not project.ours:
        return skipped("The project does not run Landwaiter's job.")
    known = {one.sha256 for one in seen(project.certificates)}
    missing = [one.subject for one in found if one.sha256 not in known]
    if missing:
        return failed(f"The project's LANDWAITER_ROOT_CA lacks {', '.join(missing)}.")
    return passed("It has every root of the layer.")


CHECKS = (layer_added, path_names_file, is_root, not_expired, same_in_project)
