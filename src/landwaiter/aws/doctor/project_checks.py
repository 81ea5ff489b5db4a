"""Part 4, step 4 of the runbook, and what a build needs besides."""

import re

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Estate, Project, Role, seen
from landwaiter.aws.doctor.function_checks import misplaced, wrong_group
from landwaiter.aws.doctor.layout import network_of
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned

_SETTINGS = ("LANDWAITER_PLATFORM_URL", "LANDWAITER_TOKEN", "LANDWAITER_JOB_SHA256")
_WRITTEN_BY_CODEBUILD = re.compile(rf"/CodeBuild\w+Policy-{names.PROJECT}-")
_PLACE = (
    "aws codebuild update-project --name QualysECSFargateImageScanning "
    "--vpc-config vpcId={vpc},subnets={subnet},securityGroupIds={group}"
)


def _project(estate: Estate) -> Project:
    return seen(estate.project, "There is no project: see LW-BLD-001.")


@check(
    "LW-BLD-001",
    "There is a project QualysECSFargateImageScanning",
    why="Its builds take the inventories of the images; without it nothing is scanned.",
    mend="landwaiter aws up",
    runbook="part 4, the stack's resources",
)
def project_exists(estate: Estate) -> Outcome:
    """The project exists under the guide's name."""
    if estate.project is None:
        return failed(f"There is no project {names.PROJECT} in {estate.region}.")
    return passed(f"{seen(estate.project).arn}.")


@check(
    "LW-BLD-002",
    "The project's builds run in the VPC",
    why="Outside the VPC a build calls from any address of AWS, and a private platform refuses it.",
    mend="landwaiter aws attach",
    runbook="part 4, step 4",
)
def project_in_vpc(estate: Estate) -> Outcome:
    """The project has a VPC, and it is the right one."""
    project, network = _project(estate), network_of(estate)
    if not project.vpc_id:
        return failed(f"The project has no VPC; it belongs in {network.vpc_id}.")
    if project.vpc_id != network.vpc_id:
        return failed(f"The project is in {project.vpc_id}; it belongs in {network.vpc_id}.")
    return passed(f"{network.vpc_id}.")


@check(
    "LW-BLD-003",
    "The project is in the second private subnet",
    why="A build has no public address, so in a public subnet it ends in PROVISIONING or reaches nothing.",
    mend=_PLACE,
    runbook="part 4, step 4",
)
def project_subnet(estate: Estate) -> Outcome:
    """The project is in the private subnet that the guide gives it."""
    project, network = _project(estate), network_of(estate)
    if project.vpc_id != network.vpc_id:
        return skipped("The project is not in the VPC: see LW-BLD-002.")
    return misplaced(network, project.subnet_ids, network.codebuild_subnet, "The project") or passed(
        f"{', '.join(project.subnet_ids)}."
    )


@check(
    "LW-BLD-004",
    "The project has the default security group",
    why="The guide counts on this group; another one may let nothing out.",
    mend=_PLACE,
    runbook="part 4, step 4",
)
def project_group(estate: Estate) -> Outcome:
    """The project's only security group is the VPC's default one."""
    project, network = _project(estate), network_of(estate)
    if project.vpc_id != network.vpc_id:
        return skipped("The project is not in the VPC: see LW-BLD-002.")
    return wrong_group(network, project.group_ids, network.codebuild_subnet, "The project")


@check(
    "LW-BLD-005",
    "The builds run with the service role",
    why="The policy of part 2 is attached to this role; with another a build cannot be placed into the VPC.",
    mend="aws codebuild update-project --name QualysECSFargateImageScanning --service-role {role}",
    runbook="part 4, the stack's resources",
)
def project_role(estate: Estate) -> Outcome:
    """The project's role is the one of the guide's name."""
    project = _project(estate)
    if project.role_arn.rsplit("/", 1)[-1] == names.SERVICE_ROLE:
        return passed(f"{names.SERVICE_ROLE}.")
    wanted = f"arn:{estate.partition}:iam::{estate.account}:role/{names.SERVICE_ROLE}"
    return failed(f"Builds run with {project.role_arn or 'no role'}, not with {names.SERVICE_ROLE}.", role=wanted)


@check(
    "LW-BLD-006",
    "CodeBuild does not rewrite the service role",
    why="When CodeBuild may modify the role, an edit of the project in the console adds policies nobody has reviewed.",
    mend="aws iam detach-role-policy --role-name {role} --policy-arn {policy}",
    runbook="part 4, step 4",
)
def role_not_rewritten(estate: Estate) -> Outcome:
    """The service role has no policy that CodeBuild wrote for this project."""
    role: Role = seen(estate.service_role, "There is no service role: see LW-POL-007.")
    written = [arn for arn in seen(role.attached) if _WRITTEN_BY_CODEBUILD.search(arn)]
    if written:
        found = f"CodeBuild was allowed to modify the role, and attached {', '.join(written)}."
        return failed(found, role=names.SERVICE_ROLE, policy=written[0])
    return passed("It has attached nothing.")


@check(
    "LW-BLD-007",
    "The builds know platform, token and source",
    why="A build that lacks one of these settings fails before it has looked at the image.",
    mend="landwaiter aws up",
)
def project_settings(estate: Estate) -> Outcome:
    """The environment variables are there, and the token comes from Secrets Manager rather than in the clear."""
    project = _project(estate)
    if not project.ours:
        return skipped("The project does not run Landwaiter's job.")
    missing = [name for name in _SETTINGS if name not in project.environment or not project.environment[name].value]
    if missing:
        return failed(f"Not set: {', '.join(missing)}.")
    if project.environment["LANDWAITER_TOKEN"].kind != "SECRETS_MANAGER":
        return failed("LANDWAITER_TOKEN does not come from Secrets Manager; whoever may read the project has it.")
    return passed("All are set, and the token comes from Secrets Manager.")


@check(
    "LW-BLD-008",
    "The number of builds at once is limited",
    why="A burst of new images starts a build each, which may use up the account's quota for everybody else.",
    mend="aws codebuild update-project --name QualysECSFargateImageScanning --concurrent-build-limit 20",
)
def build_limit(estate: Estate) -> Outcome:
    """The project has a limit of concurrent builds."""
    limit = _project(estate).limit
    return passed(f"{limit} at once.") if limit else warned("There is no limit but the account's.")


@check(
    "LW-BLD-009",
    "The latest build has succeeded",
    why="A build that fails leaves its image unscanned; one that fails in PROVISIONING speaks of VPC, role or policy.",
    mend="aws codebuild batch-get-builds --ids {build}",
)
def builds_succeed(estate: Estate) -> Outcome:
    """The newest finished build succeeded, and no older one of the last ten failed."""
    _project(estate)
    builds = seen(estate.builds)
    if not builds:
        return skipped("No build has ended yet.")
    bad = [one for one in builds if not one.succeeded]
    if not bad:
        return passed(f"The latest {len(builds)} have.")
    worst = bad[0]
    found = f"{len(bad)} of the latest {len(builds)} builds failed, {worst.id} in {worst.phase}: {worst.reason}"
    return failed(found, build=worst.id) if not builds[0].succeeded else warned(found, build=worst.id)


@check(
    "LW-BLD-010",
    "The builds run without privileges",
    why="Images are read, never run, so that a build needs no Docker; a privileged one is a risk without a use.",
    mend="landwaiter aws up",
)
def not_privileged(estate: Estate) -> Outcome:
    """Privileged mode is off where the project runs Landwaiter's job."""
    project = _project(estate)
    if not project.ours:
        return skipped("The project does not run Landwaiter's job.")
    return warned("Privileged mode is on.") if project.privileged else passed("Privileged mode is off.")


CHECKS = (
    project_exists,
    project_in_vpc,
    project_subnet,
    project_group,
    project_role,
    role_not_rewritten,
    project_settings,
    build_limit,
    builds_succeed,
    not_privileged,
)
