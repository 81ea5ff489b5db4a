"""Part 4, step 3 of the runbook, and what the function needs besides."""

from collections.abc import Sequence

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Estate, Function, Network, NotSeenError, seen
from landwaiter.aws.doctor.layout import network_of
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned

_STATES = frozenset({"Active", "Inactive"})


def function_of(estate: Estate) -> Function:
    """The function. Raises `NotSeenError` when there is none."""
    return seen(estate.function, "There is no function: see LW-FUN-001.")


def our_function(estate: Estate) -> Function:
    """The function, where it runs Landwaiter's code. Raises `NotSeenError` where it runs somebody else's."""
    function = function_of(estate)
    if not function.ours:
        raise NotSeenError("The function does not run Landwaiter's code.")
    return function


def misplaced(network: Network, subnet_ids: Sequence[str], wanted: str, whose: str) -> Outcome | None:
    """What is wrong with the subnets that something is in; None when all is well."""
    values = {"subnet": wanted or "subnet", "group": network.security_group or "group", "vpc": network.vpc_id}
    public = [one for one in subnet_ids if one in network.public]
    if public:
        return failed(f"{whose} is in the public subnet {', '.join(public)}, where nothing of it gets out.", **values)
    strange = [one for one in subnet_ids if one not in network.private]
    if strange:
        return failed(f"{whose} is in {', '.join(strange)}, which is no private subnet of {network.vpc_id}.", **values)
    if wanted and tuple(subnet_ids) != (wanted,):
        found = f"{whose} is in {', '.join(subnet_ids)}; it belongs in {wanted}."
        return failed(found, **values) if network.certain else warned(found, **values)
    return None


@check(
    "LW-FUN-001",
    "There is a function QualysECSFargateImageScanningLambda",
    why="Every event of a task goes to this function; without it nothing is scanned.",
    mend="landwaiter aws up",
    runbook="part 4, the stack's resources",
)
def function_exists(estate: Estate) -> Outcome:
    """The function exists and can be invoked."""
    if estate.function is None:
        return failed(f"There is no function {names.FUNCTION} in {estate.region}.")
    function = seen(estate.function)
    if function.state == "Pending":
        return warned("The function is being set up; look again in a minute.")
    if function.state not in _STATES:
        return failed(f"The function is {function.state}.")
    return passed(f"{function.arn} is {function.state}.")


@check(
    "LW-FUN-002",
    "The function is in the VPC",
    why="Outside the VPC its calls come from any address of AWS, and a private platform refuses them.",
    mend="landwaiter aws attach",
    runbook="part 4, step 3",
)
def function_in_vpc(estate: Estate) -> Outcome:
    """The function has a VPC, and it is the right one."""
    function, network = function_of(estate), network_of(estate)
    if not function.vpc_id:
        return failed(f"The function is in no VPC; it belongs in {network.vpc_id}.")
    if function.vpc_id != network.vpc_id:
        return failed(f"The function is in {function.vpc_id}; it belongs in {network.vpc_id}.")
    return passed(f"{network.vpc_id}.")


@check(
    "LW-FUN-003",
    "The function is in the first private subnet",
    why="A function has no public address, so in a public subnet it reaches nothing at all.",
    mend=(
        "aws lambda update-function-configuration --function-name QualysECSFargateImageScanningLambda "
        "--vpc-config SubnetIds={subnet},SecurityGroupIds={group}"
    ),
    runbook="part 4, step 3",
)
def function_subnet(estate: Estate) -> Outcome:
    """The function is in the private subnet that the guide gives it."""
    function, network = function_of(estate), network_of(estate)
    if function.vpc_id != network.vpc_id:
        return skipped("The function is not in the VPC: see LW-FUN-002.")
    return misplaced(network, function.subnet_ids, network.lambda_subnet, "The function") or passed(
        f"{', '.join(function.subnet_ids)}."
    )


@check(
    "LW-FUN-004",
    "The function has the default security group",
    why="The guide counts on this group; another one may let nothing out.",
    mend=(
        "aws lambda update-function-configuration --function-name QualysECSFargateImageScanningLambda "
        "--vpc-config SubnetIds={subnet},SecurityGroupIds={group}"
    ),
    runbook="part 4, step 3",
)
def function_group(estate: Estate) -> Outcome:
    """The function's only security group is the VPC's default one."""
    function, network = function_of(estate), network_of(estate)
    if function.vpc_id != network.vpc_id:
        return skipped("The function is not in the VPC: see LW-FUN-002.")
    return wrong_group(network, function.group_ids, network.lambda_subnet, "The function")


def wrong_group(network: Network, group_ids: Sequence[str], subnet: str, whose: str) -> Outcome:
    """Whether something has the default security group alone."""
    if network.origin == "brought":
        return passed(f"{', '.join(group_ids)}; the VPC was brought along, so its owner decides.")
    default = network.security_group
    if not default:
        seen(network.lets_out)
        return skipped(f"{network.vpc_id} has no default security group.")
    if tuple(group_ids) == (default,):
        return passed(f"{default}.")
    found = f"{whose} has {', '.join(group_ids) or 'no security group'} instead of the default one, {default}."
    return failed(found, subnet=subnet, group=default, vpc=network.vpc_id)


@check(
    "LW-FUN-005",
    "The function runs with its own role",
    why="The policies of the guide are attached to this role; with another the function lacks them.",
    mend="aws lambda update-function-configuration --function-name {function} --role {role}",
    runbook="part 4, the stack's resources",
)
def function_role(estate: Estate) -> Outcome:
    """The function's role is the one of the guide's name."""
    function = function_of(estate)
    if function.role_arn.rsplit("/", 1)[-1] == names.LAMBDA_ROLE:
        return passed(f"{names.LAMBDA_ROLE}.")
    wanted = f"arn:{estate.partition}:iam::{estate.account}:role/{names.LAMBDA_ROLE}"
    found = f"It runs with {function.role_arn or 'no role'}, not with {names.LAMBDA_ROLE}."
    return failed(found, function=names.FUNCTION, role=wanted)


@check(
    "LW-FUN-006",
    "The function knows platform, secret and project",
    why="A function that lacks one of these settings fails on every event.",
    mend="landwaiter aws up",
)
def function_settings(estate: Estate) -> Outcome:
    """The three environment variables are there, and the platform's address is HTTPS."""
    function = our_function(estate)
    wanted = ("LANDWAITER_PLATFORM_URL", "LANDWAITER_TOKEN_SECRET", "LANDWAITER_PROJECT")
    missing = [name for name in wanted if not function.environment.get(name)]
    if missing:
        return failed(f"Not set: {', '.join(missing)}.")
    if not function.environment["LANDWAITER_PLATFORM_URL"].startswith("https://"):
        return failed("LANDWAITER_PLATFORM_URL is no https:// address.")
    if (project := function.environment["LANDWAITER_PROJECT"]) != names.PROJECT:
        return failed(f"LANDWAITER_PROJECT is {project} instead of {names.PROJECT}.")
    return passed(f"The platform is {function.environment['LANDWAITER_PLATFORM_URL']}.")


@check(
    "LW-FUN-007",
    "The secret with the platform's token is there",
    why="Without its token the function reports nothing, and every event is parked.",
    mend="aws secretsmanager restore-secret --secret-id {secret}",
)
def secret_exists(estate: Estate) -> Outcome:
    """The secret that the function names exists and does not wait for its deletion."""
    name = our_function(estate).environment.get("LANDWAITER_TOKEN_SECRET", "")
    if estate.secret is None:
        return failed(f"There is no secret {name}.", secret=name)
    if seen(estate.secret).deleted:
        return failed(f"The secret {name} waits for its deletion.", secret=name)
    return passed(f"{name}.")


@check(
    "LW-FUN-008",
    "The function may run",
    why="A reserved concurrency of 0 stops the function; events wait six hours and are then parked.",
    mend="aws lambda put-function-concurrency --function-name {function} --reserved-concurrent-executions 10",
)
def function_concurrency(estate: Estate) -> Outcome:
    """The reserved concurrency is not 0."""
    function_of(estate)
    reserved = seen(estate.concurrency).reserved
    if reserved == 0:
        return failed("The reserved concurrency is 0: the function is stopped.", function=names.FUNCTION)
    if reserved is None:
        return passed("None is reserved: it shares the account's.")
    return passed(f"{reserved} at once are reserved.")


CHECKS = (
    function_exists,
    function_in_vpc,
    function_subnet,
    function_group,
    function_role,
    function_settings,
    secret_exists,
    function_concurrency,
)
