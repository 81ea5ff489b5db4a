"""The one list of all checks, in the order of the runbook."""

from landwaiter.aws.doctor import (
    ecr_checks,
    event_checks,
    function_checks,
    network_checks,
    platform_checks,
    policy_checks,
    project_checks,
    root_ca_checks,
    route_checks,
)
from landwaiter.aws.doctor.models import Check

SUBJECTS = {
    "LW-NET": "The network (part 1)",
    "LW-POL": "Policy and roles (part 2; part 4, steps 1 and 2)",
    "LW-CA": "The custom root CA (part 3)",
    "LW-FUN": "The function (part 4, step 3)",
    "LW-BLD": "The builds (part 4, step 4)",
    "LW-EVT": "What wakes the function",
    "LW-PLT": "The platform, seen from the function",
    "LW-ECR": "The images",
}

CHECKS: tuple[Check, ...] = (
    *sorted((*network_checks.CHECKS, *route_checks.CHECKS), key=lambda one: one.id),
    *policy_checks.CHECKS,
    *root_ca_checks.CHECKS,
    *function_checks.CHECKS,
    *project_checks.CHECKS,
    *event_checks.CHECKS,
    *platform_checks.CHECKS,
    *ecr_checks.CHECKS,
)
