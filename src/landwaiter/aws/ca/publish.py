"""Part 3 of the runbook: the platform's custom root CA to the function, as a layer, and to the builds, as a variable.

One PEM bundle serves both. The layer is a zip that is the same for the same roots, so Lambda's own hash of it
(`CodeSha256`) tells whether it is published already. What was there before is remembered (`landwaiter.aws.memory`).
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.ca.certificate_facts import Root
from landwaiter.aws.ca.project import give_to_builds, take_from_builds
from landwaiter.aws.ca.roots import bundle_of, earliest_expiry
from landwaiter.aws.changes import Change
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.code import package
from landwaiter.aws.memory import NOTHING, Memory, as_words, function_configuration, words
from landwaiter.aws.settle import configure_function
from landwaiter.errors import InputError, NotPermittedError

LAYER = "QualysPodCustomRootCa"
PREFIX = "landwaiter:before-ca:"
_MARK = "Root CA of the private platform, by landwaiter aws ca publish; first expiry "
_EXPIRY = re.compile(r"first expiry (\d{4}-\d\d-\d\d)")
_MOST_LAYERS = 5
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class PublishedLayer:
    """A version of the layer: its ARN, the hash of its zip as Lambda gives it, and when its first root expires."""

    arn: str
    code_sha256: str
    expires: datetime | None
    ours: bool


def publish_changes(client: ClientFactory, roots: Sequence[Root]) -> list[Change]:
    """Return what has to be done for function and builds to trust `roots` and, of custom roots, no others.

    Raises InputError when function or project are not there or the function has five other layers, NotPermittedError
    when the function's variables cannot be read.
    """
    functions = client("lambda")
    configuration = function_configuration(functions)
    bundle = bundle_of(roots)
    artifact = package.root_ca_layer(bundle.encode())
    published = _matching(functions, configuration, artifact.content)
    holder = _Holder(functions, artifact.content, earliest_expiry(roots), published.arn if published else "")
    changes = []
    if published is None:
        changes.append(
            Change("layer", f"publish a version of the layer {LAYER} with {_counted(roots)}", holder.publish)
        )
    changes += _function_changes(functions, configuration, holder)
    return changes + give_to_builds(client, Memory(functions, PREFIX), bundle)


def _counted(roots: Sequence[Root]) -> str:
    return f"{len(roots)} root{'s' if len(roots) > 1 else ''}: {', '.join(root.subject for root in roots)}"


class _Holder:
    """The layer version that is to be on the function; its ARN is known once it is published."""

    def __init__(self, functions: Any, content: bytes, expires: datetime, arn: str) -> None:  # noqa: ANN401
        self._functions = functions
        self._content = content
        self._expires = expires
        self.arn = arn

    def publish(self) -> None:
        made = self._functions.publish_layer_version(
            LayerName=LAYER,
            Description=f"{_MARK}{self._expires:%Y-%m-%d}",
            Content={"ZipFile": self._content},
            CompatibleRuntimes=["python3.12", "python3.13"],
        )
        self.arn = str(made["LayerVersionArn"])


def _matching(functions: Any, configuration: dict[str, Any], content: bytes) -> PublishedLayer | None:  # noqa: ANN401
    """The version with this very content: on the function already, or any that is published."""
    wanted = base64.b64encode(hashlib.sha256(content).digest()).decode()
    held = [layer for arn in layers_of(configuration) if (layer := describe_layer(functions, arn))]
    found = next((layer for layer in held if layer.code_sha256 == wanted), None)
    return found or next((layer for layer in layer_versions(functions) if layer.code_sha256 == wanted), None)


def layers_of(configuration: dict[str, Any]) -> list[str]:
    """Return the ARNs of a function's layers, in their order."""
    return [str(layer["Arn"]) for layer in configuration.get("Layers") or []]


def describe_layer(functions: Any, arn: str) -> PublishedLayer | None:  # noqa: ANN401 - a boto3 client
    """Describe a layer version; None when it is gone or another account's that we may not read."""
    try:
        version = functions.get_layer_version_by_arn(Arn=arn)
    except functions.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in {"ResourceNotFoundException", "AccessDeniedException"}:
            return None
        raise
    return _published(arn, version)


def layer_versions(functions: Any) -> list[PublishedLayer]:  # noqa: ANN401 - a boto3 client
    """Return the newest 50 versions of our layer in this account and region, newest first."""
    pages = functions.get_paginator("list_layer_versions").paginate(
        LayerName=LAYER, PaginationConfig={"MaxItems": _LOOKED_AT}
    )
    arns = [version["LayerVersionArn"] for page in pages for version in page["LayerVersions"]]
    return [layer for arn in arns if (layer := describe_layer(functions, arn))]


def _published(arn: str, version: dict[str, Any]) -> PublishedLayer:
    description = str(version.get("Description", ""))
    found = _EXPIRY.search(description)
    expires = datetime.strptime(found[1], "%Y-%m-%d").replace(tzinfo=UTC) if found else None
    return PublishedLayer(arn, str(version["Content"]["CodeSha256"]), expires, description.startswith(_MARK))


def _function_changes(functions: Any, configuration: dict[str, Any], holder: _Holder) -> list[Change]:  # noqa: ANN401
    """Add the layer, last, so that no other layer's file lies over its own, and name the path; keep all else."""
    variables = variables_of(configuration)
    path, before = package.root_ca_path(), layers_of(configuration)
    others = [arn for arn in before if not is_ours(arn)]
    if len(others) >= _MOST_LAYERS:
        raise InputError(f"{names.FUNCTION} has {len(others)} layers already, as many as Lambda allows.", "Remove one.")
    if holder.arn and before == [*others, holder.arn] and variables.get(names.ROOT_CA_PARAMETER) == path:
        return []

    def make() -> None:
        memory = Memory(functions, PREFIX)
        memory.remember("path", variables.get(names.ROOT_CA_PARAMETER, ""))
        memory.remember("layers", as_words([arn for arn in before if is_ours(arn)]))
        given = {"Variables": {**variables, names.ROOT_CA_PARAMETER: path}}
        configure_function(functions, Layers=[*others, holder.arn], Environment=given)

    return [Change("function", f"add the layer to {names.FUNCTION}, {names.ROOT_CA_PARAMETER} = {path}", make)]


def is_ours(layer_arn: str) -> bool:
    """Tell whether a layer version is one of the layer that we and our template publish."""
    return layer_arn.rsplit(":", 2)[1:2] == [LAYER]


def variables_of(configuration: dict[str, Any]) -> dict[str, str]:
    """Return a function's variables. Raises NotPermittedError when Lambda could not decrypt them for us."""
    environment = configuration.get("Environment") or {}
    if environment.get("Error"):
        # To write back what could not be read would wipe it out.
        raise NotPermittedError(
            f"The variables of {names.FUNCTION} cannot be read: {environment['Error'].get('Message', '')}",
            "Let an administrator allow kms:Decrypt on the function's key, and run it again.",
        )
    return dict(environment.get("Variables") or {})


def withdraw_changes(client: ClientFactory) -> list[Change]:
    """Return what has to be done to take back what `publish_changes` did; nothing where nothing was published."""
    functions = client("lambda")
    memory = Memory(functions, PREFIX)
    changes = take_from_builds(client, memory)
    remembered = memory.recall()
    if "path" in remembered or "layers" in remembered:
        changes.append(_function_back(functions, memory, remembered))
    for layer in layer_versions(functions):
        if layer.ours:
            changes.append(_deletion(functions, layer.arn))
    return changes


def _function_back(functions: Any, memory: Memory, remembered: dict[str, str]) -> Change:  # noqa: ANN401
    def make() -> None:
        configuration = function_configuration(functions)
        variables = variables_of(configuration)
        variables.pop(names.ROOT_CA_PARAMETER, None)
        path = remembered.get("path", NOTHING)
        if path != NOTHING:
            variables[names.ROOT_CA_PARAMETER] = path
        kept = [arn for arn in layers_of(configuration) if not is_ours(arn)]
        layers = [*kept, *words(remembered.get("layers", NOTHING))]
        configure_function(functions, Layers=layers, Environment={"Variables": variables})
        for name in ("path", "layers"):
            memory.forget(name)

    return Change("function", f"take the layer from {names.FUNCTION} and put its variable back", make)


def _deletion(functions: Any, arn: str) -> Change:  # noqa: ANN401 - a boto3 client
    version = int(arn.rsplit(":", 1)[1])

    def make() -> None:
        functions.delete_layer_version(LayerName=LAYER, VersionNumber=version)

    return Change("layer", f"delete version {version} of the layer {LAYER}", make)
