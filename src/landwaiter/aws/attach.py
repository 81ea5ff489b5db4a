"""Part 4 of the runbook: function and project into the VPC, for our stack and for one made by hand from the guide.

Everything looks first and changes only what differs, so it may be run at any time. What was there before is remembered
(see `landwaiter.aws.memory`), and `undo_changes` puts back that, and nothing else.
"""

from dataclasses import dataclass
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.changes import Change, make_all
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.memory import NOTHING, Memory, as_words, function_configuration, project_of, words
from landwaiter.aws.policy import Place, attach_policy, current_document, is_attached, place_of, require_role
from landwaiter.aws.settle import configure_function, patiently
from landwaiter.errors import InputError

PREFIX = "landwaiter:before-attach:"
_OUT_OF_VPC: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the function and the project belong: the two private subnets and the VPC's default security group."""

    vpc_id: str
    lambda_subnet_id: str
    codebuild_subnet_id: str
    security_group_id: str

    @property
    def of_function(self) -> dict[str, list[str]]:
        """The function's `VpcConfig`."""
        return {"SubnetIds": [self.lambda_subnet_id], "SecurityGroupIds": [self.security_group_id]}

    @property
    def of_project(self) -> dict[str, Any]:
        """The project's `vpcConfig`."""
        return {
            "vpcId": self.vpc_id,
            "subnets": [self.codebuild_subnet_id],
            "securityGroupIds": [self.security_group_id],
        }


def attach(client: ClientFactory, placement: Placement) -> list[str]:
    """Make all changes of `attach_changes`; what was changed, in a person's words, nothing where all was well."""
    return make_all(attach_changes(client, placement))


def attach_changes(client: ClientFactory, placement: Placement) -> list[Change]:
    """All of part 4, in the guide's order, as far as it is not done.

    Raises InputError when the function, the project, a role or the policy of part 2 is not there.
    """
    memory, place, iam = Memory(client("lambda"), PREFIX), place_of(client), client("iam")
    _require_policy(iam, place)
    own, managed = place.policy_arn(), place.managed_arn(names.LAMBDA_VPC_POLICY)
    changes = [
        _policy_change(iam, memory, "service-policy", names.SERVICE_ROLE, own),
        _policy_change(iam, memory, "lambda-policy", names.LAMBDA_ROLE, managed),
        _function_change(client("lambda"), memory, placement),
        _project_change(client("codebuild"), memory, placement),
    ]
    return [change for change in changes if change]


def _require_policy(iam: Any, place: Place) -> None:  # noqa: ANN401 - a boto3 client
    if current_document(iam, place.policy_arn()) is None:
        raise InputError(
            f"There is no policy {names.VPC_POLICY} in this account: part 2 comes before part 4.",
            "Make it first: landwaiter aws policy apply",
        )


def _policy_change(iam: Any, memory: Memory, name: str, role: str, arn: str) -> Change | None:  # noqa: ANN401
    require_role(iam, role)
    if is_attached(iam, role, arn):
        return None

    def make() -> None:
        memory.remember(name, "")
        attach_policy(iam, role, arn)

    return Change(name, f"attach {arn.rsplit('/', 1)[1]} to {role}", make)


def _function_change(functions: Any, memory: Memory, placement: Placement) -> Change | None:  # noqa: ANN401
    current = _vpc_of(function_configuration(functions))
    if current == placement.of_function:
        return None

    def make() -> None:
        memory.remember("function", _noted(current["SubnetIds"], current["SecurityGroupIds"]))
        attach_function(functions, placement)

    return Change("function", f"move {names.FUNCTION} into {placement.lambda_subnet_id}{_from(current)}", make)


def _from(current: dict[str, list[str]]) -> str:
    return f" (now in {', '.join(current['SubnetIds'])})" if current["SubnetIds"] else ""


def _project_change(codebuild: Any, memory: Memory, placement: Placement) -> Change | None:  # noqa: ANN401
    current = project_of(codebuild).get("vpcConfig") or {}
    if current == placement.of_project:
        return None
    subnets, groups = current.get("subnets", []), current.get("securityGroupIds", [])

    def make() -> None:
        memory.remember("project", _noted([current["vpcId"]], subnets, groups) if current.get("vpcId") else "")
        attach_project(codebuild, placement)

    text = f"move {names.PROJECT} into {placement.codebuild_subnet_id}"
    return Change("project", text + _from({"SubnetIds": subnets}), make)


def _noted(*lists: list[str]) -> str:
    return " / ".join(as_words(one) for one in lists) if lists[0] else ""


def _vpc_of(configuration: dict[str, Any]) -> dict[str, list[str]]:
    current = configuration.get("VpcConfig") or {}
    return {key: list(current.get(key) or []) for key in _OUT_OF_VPC}


def attach_function(functions: Any, placement: Placement, name: str = names.FUNCTION) -> bool:  # noqa: ANN401 - a boto3 client
    """Put the Lambda function into the first private subnet; False when it is there already."""
    if _vpc_of(function_configuration(functions, name)) == placement.of_function:
        return False
    configure_function(functions, name, VpcConfig=placement.of_function)
    return True


def attach_project(codebuild: Any, placement: Placement, name: str = names.PROJECT) -> bool:  # noqa: ANN401 - a boto3 client
    """Put the CodeBuild project into the second private subnet; False when it is there already.

    The API changes the project alone: "Allow AWS CodeBuild to modify this service role" is a matter of the console.
    """
    if project_of(codebuild, name).get("vpcConfig") == placement.of_project:
        return False
    patiently(lambda: codebuild.update_project(name=name, vpcConfig=placement.of_project))
    return True


def undo_changes(client: ClientFactory) -> list[Change]:
    """What `attach` changed, put back as it was, last change first; nothing where it changed nothing.

    Raises InputError when the function is not there.
    """
    functions, codebuild, iam, place = client("lambda"), client("codebuild"), client("iam"), place_of(client)
    memory = Memory(functions, PREFIX)
    remembered = memory.recall()

    def back(name: str, text: str, put: Any) -> list[Change]:  # noqa: ANN401 - a function without arguments
        def make() -> None:
            put()
            memory.forget(name)

        return [Change(name, text, make)] if name in remembered else []

    project, function = remembered.get("project", NOTHING), remembered.get("function", NOTHING)
    return [
        *back(
            "project",
            f"put {names.PROJECT} back {_to(project)}",
            lambda: codebuild.update_project(name=names.PROJECT, vpcConfig=_project_config(project)),
        ),
        *back(
            "function",
            f"put {names.FUNCTION} back {_to(function)}",
            lambda: configure_function(functions, VpcConfig=_function_config(function)),
        ),
        *back(
            "lambda-policy",
            f"detach AWSLambdaVPCAccessExecutionRole from {names.LAMBDA_ROLE}",
            lambda: _detach(iam, names.LAMBDA_ROLE, place.managed_arn(names.LAMBDA_VPC_POLICY)),
        ),
        *back(
            "service-policy",
            f"detach {names.VPC_POLICY} from {names.SERVICE_ROLE}",
            lambda: _detach(iam, names.SERVICE_ROLE, place.policy_arn()),
        ),
    ]


def _to(noted: str) -> str:
    return "outside a VPC" if noted == NOTHING else f"into {noted.split(' / ')[-2]}"


def _function_config(noted: str) -> dict[str, list[str]]:
    if noted == NOTHING:
        return _OUT_OF_VPC
    subnets, groups = noted.split(" / ")
    return {"SubnetIds": words(subnets), "SecurityGroupIds": words(groups)}


def _project_config(noted: str) -> dict[str, Any]:
    if noted == NOTHING:
        return {}
    vpc, subnets, groups = noted.split(" / ")
    return {"vpcId": vpc, "subnets": words(subnets), "securityGroupIds": words(groups)}


def _detach(iam: Any, role: str, arn: str) -> None:  # noqa: ANN401 - a boto3 client
    if is_attached(iam, role, arn):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
