"""Part 2 of the runbook, and part 4, steps 1 and 2: the policy of builds in the VPC, and the two roles."""

import fnmatch
from collections.abc import Iterable

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Estate, Policy, Role, Statement, seen
from landwaiter.aws.doctor.layout import network_of, subnets_of
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped

ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
)
PERMISSION = "ec2:CreateNetworkInterfacePermission"
_MEND = "landwaiter aws doctor --fix --only {id}"
_EQUALS = ("stringequals", "stringlike", "arnequals", "arnlike")


def _policy(estate: Estate) -> Policy:
    return seen(estate.policy, f"There is no policy {names.VPC_POLICY}: see LW-POL-001.")


def allows(statement: Statement, action: str) -> bool:
    """Tell whether a statement allows an action, whatever the resource."""
    matches = (fnmatch.fnmatchcase(action.lower(), one.lower()) for one in statement.actions)
    return statement.effect == "Allow" and any(matches)


def _granting(estate: Estate) -> tuple[Statement, ...]:
    """The statements of the policy that allow CreateNetworkInterfacePermission."""
    return tuple(one for one in _policy(estate).statements if allows(one, PERMISSION))


def required_subnets(estate: Estate) -> tuple[str, ...]:
    """The ARNs that the policy has to name: of all four subnets, or those of a VPC that was brought along."""
    network = network_of(estate)
    known = subnets_of(network)
    prefix = f"arn:{estate.partition}:ec2:{estate.region}:{estate.account}:subnet/"
    return tuple(prefix + one for one in (*network.public, *network.private) if one in known)


def interfaces(estate: Estate) -> str:
    """The network interfaces that the permission is about, as the guide writes them."""
    return f"arn:{estate.partition}:ec2:*:{estate.account}:network-interface/*"


@check(
    "LW-POL-001",
    "There is a policy Codebuild-Qualys-VPC-Access",
    why="CodeBuild places a build into the VPC with its service role's permissions; these are in this policy.",
    mend="landwaiter aws policy apply",
    runbook="part 2",
)
def policy_exists(estate: Estate) -> Outcome:
    """A managed policy of the guide's name exists."""
    if estate.policy is None:
        return failed(f"There is no policy {names.VPC_POLICY}.")
    return passed(f"{seen(estate.policy).arn}.")


@check(
    "LW-POL-002",
    "The policy allows the seven EC2 actions",
    why="A build whose role lacks one of them ends in PROVISIONING.",
    mend=_MEND.format(id="LW-POL-002"),
    runbook="part 2, statement 1",
)
def policy_actions(estate: Estate) -> Outcome:
    """The seven actions are allowed on all resources, without conditions."""
    statements = [one for one in _policy(estate).statements if "*" in one.resources and not one.conditions]
    missing = [action for action in ACTIONS if not any(allows(one, action) for one in statements)]
    if missing:
        return failed(f"Not allowed on all resources: {', '.join(missing)}.")
    return passed("All seven are allowed.")


@check(
    "LW-POL-003",
    "The policy allows CreateNetworkInterfacePermission",
    why="With it CodeBuild's own service may use the network interface that it made for a build.",
    mend=_MEND.format(id="LW-POL-003"),
    runbook="part 2, statement 2",
)
def policy_permission(estate: Estate) -> Outcome:
    """The action is allowed on the account's network interfaces."""
    granting = _granting(estate)
    if not granting:
        return failed(f"{PERMISSION} is not allowed.")
    example = f"arn:{estate.partition}:ec2:{estate.region}:{estate.account}:network-interface/eni-0"
    resources = [resource for one in granting for resource in one.resources]
    if not any(fnmatch.fnmatchcase(example, resource) for resource in resources):
        return failed(f"{PERMISSION} is allowed on {', '.join(resources)} instead of {interfaces(estate)}.")
    return passed(f"On {', '.join(resources)}.")


@check(
    "LW-POL-004",
    "Only CodeBuild may use that permission",
    why="Without the condition the role may hand a network interface in the VPC to anybody.",
    mend=_MEND.format(id="LW-POL-004"),
    runbook="part 2, statement 2",
)
def policy_service(estate: Estate) -> Outcome:
    """The condition on ec2:AuthorizedService names CodeBuild alone."""
    granting = _granting(estate)
    if not granting:
        return skipped(f"{PERMISSION} is not allowed: see LW-POL-003.")
    for statement in granting:
        values = _values(statement, "ec2:authorizedservice")
        if values != {"codebuild.amazonaws.com"}:
            return failed(f"ec2:AuthorizedService must be codebuild.amazonaws.com; it is {_listed(values)}.")
    return passed("codebuild.amazonaws.com alone.")


@check(
    "LW-POL-005",
    "The policy names all four subnets",
    why="A build in a subnet that is not named ends in PROVISIONING; without the condition any subnet would do.",
    mend=_MEND.format(id="LW-POL-005"),
    runbook="part 2, statement 2",
)
def policy_subnets(estate: Estate) -> Outcome:
    """The condition on ec2:Subnet has the ARN of each subnet."""
    granting = _granting(estate)
    if not granting:
        return skipped(f"{PERMISSION} is not allowed: see LW-POL-003.")
    named = set().union(*(_values(one, "ec2:subnet") for one in granting))
    if not named:
        return failed("The condition on ec2:Subnet is missing, so any subnet will do.")
    wanted = required_subnets(estate)
    missing = [arn for arn in wanted if not any(fnmatch.fnmatchcase(arn, one) for one in named)]
    if missing:
        return failed(f"Not named: {', '.join(missing)}.")
    return passed(f"{len(wanted)} subnets are named.")


def _values(statement: Statement, key: str) -> set[str]:
    found = (one for one in statement.conditions if one.key == key and one.operator.lower() in _EQUALS)
    return {value for one in found for value in one.values}


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "not said"


@check(
    "LW-POL-006",
    "The policy is attached to the CodeBuild service role",
    why="A policy that is attached to nobody permits nothing.",
    mend="aws iam attach-role-policy --role-name {role} --policy-arn {policy}",
    runbook="part 4, step 1",
)
def policy_attached(estate: Estate) -> Outcome:
    """The service role has the policy."""
    policy = _policy(estate)
    attached = _attached(estate.service_role, "LW-POL-007")
    if policy.arn in attached:
        return passed(f"To {names.SERVICE_ROLE}.")
    found = f"{names.VPC_POLICY} is not attached to {names.SERVICE_ROLE}."
    return failed(found, role=names.SERVICE_ROLE, policy=policy.arn)


def _attached(role: object, see: str) -> tuple[str, ...]:
    found: object = seen(role, f"The role is not there: see {see}.")
    return seen(found.attached) if isinstance(found, Role) else ()


@check(
    "LW-POL-007",
    "The CodeBuild service role is CodeBuild's",
    why="Builds run with this role; whoever else may assume it reads the platform's token and every image.",
    mend="aws iam update-assume-role-policy --role-name {role} --policy-document file://trust.json",
    runbook="part 4, the stack's resources",
)
def service_role(estate: Estate) -> Outcome:
    """The role exists under the guide's name, and CodeBuild alone may assume it."""
    return _trusted(estate.service_role, names.SERVICE_ROLE, "codebuild")


@check(
    "LW-POL-008",
    "The Lambda execution role is Lambda's",
    why="The function runs with this role; whoever else may assume it reads the platform's token and starts builds.",
    mend="aws iam update-assume-role-policy --role-name {role} --policy-document file://trust.json",
    runbook="part 4, the stack's resources",
)
def lambda_role(estate: Estate) -> Outcome:
    """The role exists under the guide's name, and Lambda alone may assume it."""
    return _trusted(estate.lambda_role, names.LAMBDA_ROLE, "lambda")


def _trusted(found: object, name: str, service: str) -> Outcome:
    if found is None:
        return failed(f"There is no role {name}.", role=name)
    role: object = seen(found)
    trust = role.trust if isinstance(role, Role) else ()
    trusted = {one for statement in trust if statement.effect == "Allow" for one in statement.principals}
    own = {one for one in trusted if one.startswith(f"Service:{service}.amazonaws.com")}
    if not own:
        return failed(f"{service}.amazonaws.com may not assume {name}.", role=name)
    if strangers := sorted(trusted - own):
        return failed(f"{name} may also be assumed by {', '.join(strangers)}.", role=name)
    return passed(f"{service}.amazonaws.com alone may assume it.")


@check(
    "LW-POL-009",
    "The Lambda role has AWSLambdaVPCAccessExecutionRole",
    why="Without it Lambda can neither place the function into the VPC nor write its log.",
    mend="aws iam attach-role-policy --role-name {role} --policy-arn {policy}",
    runbook="part 4, step 2",
)
def managed_policy(estate: Estate) -> Outcome:
    """The AWS managed policy is attached."""
    attached = _attached(estate.lambda_role, "LW-POL-008")
    arn = f"arn:{estate.partition}:iam::aws:policy/{names.LAMBDA_VPC_POLICY}"
    if arn in attached:
        return passed(f"To {names.LAMBDA_ROLE}.")
    return failed(f"{arn} is not attached to {names.LAMBDA_ROLE}.", role=names.LAMBDA_ROLE, policy=arn)


CHECKS = (
    policy_exists,
    policy_actions,
    policy_permission,
    policy_service,
    policy_subnets,
    policy_attached,
    service_role,
    lambda_role,
    managed_policy,
)
