"""CloudFormation resource types as the templates use them.

The emulator lacks two types, loses properties of others, and adopts a resource that exists already under the name a
template gives, to delete it with the stack. Here the types exist, the properties stay, and a name that is taken fails
the stack.
"""

import copy
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from landwaiter.sandbox import builds
from landwaiter.sandbox.internals import Inside, Need, service
from landwaiter.sandbox.settings import Settings

NEEDS = (
    Need("services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
    Need("services.cloudformation.provisioners", "_STACK_TAG_PROPERTY"),
    Need("services.cloudformation.provisioners", "_codebuild_cfn_to_api", ("value",)),
    Need("services.ec2", "_ACTION_MAP"),
    Need("services.ec2", "_addresses"),
    Need("services.ec2", "_tags"),
    Need("services.lambda_svc", "_functions"),
    Need("services.lambda_svc", "_vpc_config_with_id", ("request_config",)),
    Need("services.codebuild", "_projects"),
    Need("services.secretsmanager", "_secrets"),
    Need("services.cloudwatch_logs", "_log_groups"),
    Need("services.iam", "_roles"),
    Need("services.iam", "_policies"),
    Need("services.eventbridge", "_rules"),
)

Properties: TypeAlias = dict[str, Any]
Created: TypeAlias = tuple[str, dict[str, Any]]


def install(_settings: Settings) -> None:
    """Add and mend the resource types."""
    provisioners = service("cloudformation.provisioners")
    handlers = provisioners.RESOURCE_HANDLERS
    ec2 = service("ec2")
    handlers["AWS::EC2::EIP"] = {"create": _address_creator(ec2), "delete": _address_deleter(ec2)}
    handlers["AWS::EC2::NatGateway"] = {"create": _gateway_creator(ec2), "delete": _gateway_deleter(ec2)}
    provisioners.STACK_TAG_PROPERTY.update(
        {"AWS::EC2::EIP": ("Tags", "list"), "AWS::EC2::NatGateway": ("Tags", "list")}
    )
    _complete(handlers["AWS::Lambda::Function"], _function_completer())
    _complete(handlers["AWS::CodeBuild::Project"], _project_completer(provisioners))
    _return_arn(handlers["AWS::SecretsManager::Secret"])
    handlers["AWS::EC2::RouteTable"]["delete"] = _route_table_deleter(ec2)
    for kind, (property_name, exists) in _taken_names().items():
        handlers[kind]["create"] = _refusing_taken(handlers[kind]["create"], kind, property_name, exists)


def _call(ec2: Inside, action: str, **parameters: str) -> str:
    """Perform an EC2 action as its API would, for the text of its answer; a refusal fails the resource."""
    status, _, body = ec2.ACTION_MAP[action]({name: [value] for name, value in parameters.items() if value})
    if status != 200:
        found = re.search(rb"<Message>([^<]*)", body)
        raise ValueError(found[1].decode() if found else f"{action} failed")
    return str(body.decode())


def _element(text: str, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)", text)
    return found[1] if found else ""


def _address_creator(ec2: Inside) -> Callable[..., Created]:
    def create(_logical_id: str, properties: Properties, _stack: str) -> Created:
        answer = _call(ec2, "AllocateAddress", Domain=properties.get("Domain", "vpc"))
        allocation, address = _element(answer, "allocationId"), _element(answer, "publicIp")
        ec2.tags[allocation] = copy.deepcopy(properties.get("Tags", []))
        return address, {"AllocationId": allocation, "PublicIp": address}

    return create


def _address_deleter(ec2: Inside) -> Callable[..., None]:
    def delete(address: str, _properties: Properties) -> None:
        for allocation, record in ec2.addresses.items():
            if record["PublicIp"] == address:
                _call(ec2, "ReleaseAddress", AllocationId=allocation)

    return delete


def _gateway_creator(ec2: Inside) -> Callable[..., Created]:
    def create(_logical_id: str, properties: Properties, _stack: str) -> Created:
        names = ("SubnetId", "AllocationId", "ConnectivityType")
        answer = _call(ec2, "CreateNatGateway", **{name: str(properties.get(name, "")) for name in names})
        gateway = _element(answer, "natGatewayId")
        ec2.tags[gateway] = copy.deepcopy(properties.get("Tags", []))
        return gateway, {"NatGatewayId": gateway}

    return create


def _gateway_deleter(ec2: Inside) -> Callable[..., None]:
    def delete(gateway: str, _properties: Properties) -> None:
        _call(ec2, "DeleteNatGateway", NatGatewayId=gateway)

    return delete


def _route_table_deleter(ec2: Inside) -> Callable[..., None]:
    def delete(table: str, _properties: Properties) -> None:
        _call(ec2, "DeleteRouteTable", RouteTableId=table)
        ec2.tags.pop(table, None)

    return delete


def _complete(handler: dict[str, Any], completer: Callable[[str, Properties], None]) -> None:
    """Let a type's create and update handlers be followed by one that stores what they lose."""
    create, update = handler["create"], handler["update"]

    def created(logical_id: str, properties: Properties, stack: str) -> Created:
        result: Created = create(logical_id, properties, stack)
        completer(result[0], properties)
        return result

    def updated(physical_id: str, old: Properties, new: Properties, *rest: str) -> Created:
        result: Created = update(physical_id, old, new, *rest)
        completer(result[0], new)
        return result

    handler.update(create=created, update=updated)


def _function_completer() -> Callable[[str, Properties], None]:
    functions = service("lambda_svc")

    def complete(name: str, properties: Properties) -> None:
        function = functions.functions[name]
        if function.get("code_zip") is None and (properties.get("Code") or {}).get("S3Key"):
            raise ValueError("Error occurred while GetObject. S3 Error Code: NoSuchKey.")
        config = function["config"]
        config["VpcConfig"] = functions.vpc_config_with_id(properties.get("VpcConfig"))
        config["KMSKeyArn"] = properties.get("KmsKeyArn", "")
        config.pop("DeadLetterConfig", None)
        if properties.get("DeadLetterConfig"):
            config["DeadLetterConfig"] = properties["DeadLetterConfig"]
        reserved = properties.get("ReservedConcurrentExecutions")
        function["concurrency"] = None if reserved is None else int(reserved)

    return complete


def _project_completer(provisioners: Inside) -> Callable[[str, Properties], None]:
    projects = service("codebuild").projects

    def complete(name: str, properties: Properties) -> None:
        given = provisioners.codebuild_cfn_to_api(
            {key: properties[key] for key in properties if _api_name(key) in builds.KEPT}
        )
        project = projects[name]
        for member in builds.KEPT:
            project.pop(member, None)
        for member in ("concurrentBuildLimit", "queuedTimeoutInMinutes"):
            if member in given:
                given[member] = int(given[member])
        builds.keep(project, given)

    return complete


def _api_name(property_name: str) -> str:
    return property_name[0].lower() + property_name[1:]


def _return_arn(handler: dict[str, Any]) -> None:
    """!Ref of a secret is its ARN; the emulator knows its secrets by name."""
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def name_of(arn: str) -> str:
        secrets = service("secretsmanager").secrets
        return next((name for name, secret in secrets.items() if secret["ARN"] == arn), arn)

    def created(logical_id: str, properties: Properties, stack: str) -> Created:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Arn"], attributes

    def updated(arn: str, *rest: Any) -> Created:  # noqa: ANN401 - handed through
        _, attributes = update(name_of(arn), *rest)
        return attributes["Arn"], attributes

    handler.update(create=created, update=updated, delete=lambda arn, properties: delete(name_of(arn), properties))


def _taken_names() -> dict[str, tuple[str, Callable[[str], bool]]]:
    """For each type with a name of its own choosing: the property, and whether something has that name already."""
    iam = service("iam")
    return {
        "AWS::Logs::LogGroup": ("LogGroupName", lambda name: name in service("cloudwatch_logs").log_groups),
        "AWS::SecretsManager::Secret": ("Name", lambda name: name in service("secretsmanager").secrets),
        "AWS::Lambda::Function": ("FunctionName", lambda name: name in service("lambda_svc").functions),
        "AWS::IAM::Role": ("RoleName", lambda name: name in iam.roles),
        "AWS::IAM::ManagedPolicy": (
            "ManagedPolicyName",
            lambda name: any(arn.endswith(f":policy/{name}") for arn in iam.policies),
        ),
        "AWS::Events::Rule": (
            "Name",
            lambda name: any(rule["Name"] == name for rule in service("eventbridge").rules.values()),
        ),
    }


def _refusing_taken(
    create: Callable[..., Created], kind: str, name: str, exists: Callable[[str], bool]
) -> Callable[..., Created]:
    def refusing(logical_id: str, properties: Properties, stack: str) -> Created:
        if properties.get(name) and exists(properties[name]):
            raise ValueError(f"Resource of type '{kind}' with identifier '{properties[name]}' already exists.")
        return create(logical_id, properties, stack)

    return refusing
