"""Which root CAs are published now, and for how long they will do."""

import io
import zipfile
from datetime import datetime
from typing import Any

import httpx2
import msgspec

from landwaiter.aws import names
from landwaiter.aws.ca.certificate_facts import Certificate, read_certificates
from landwaiter.aws.ca.certificates import WARN_DAYS, expiry_warnings
from landwaiter.aws.ca.project import variable_text
from landwaiter.aws.ca.publish import describe_layer, layers_of, variables_of
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.memory import function_configuration
from landwaiter.errors import InputError, UnreachableError

_MOST_BYTES = 16 * 1024 * 1024
_SECONDS = 20.0


class CaState(msgspec.Struct, frozen=True, kw_only=True):
    """What function and builds trust besides the well-known CAs.

    `path` is the value of QualysPodCustomRootCertPath, `layers` are the function's, `roots` what the builds trust,
    `in_function` the fingerprints of what the function finds at `path`. `warnings` are worth an exit code.
    """

    path: str
    layers: tuple[str, ...]
    roots: tuple[Certificate, ...]
    in_function: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_state(client: ClientFactory, *, now: datetime) -> CaState:
    """Read what is published. Raises InputError when function or project are not there."""
    functions = client("lambda")
    configuration = function_configuration(functions)
    path = variables_of(configuration).get(names.ROOT_CA_PARAMETER, "")
    roots = read_certificates(variable_text(client))
    held = function_roots(functions, configuration, path) if path else ()
    return CaState(
        path=path,
        layers=tuple(layers_of(configuration)),
        roots=roots,
        in_function=tuple(root.sha256 for root in held),
        warnings=(
            *expiry_warnings({root.sha256: root for root in (*roots, *held)}.values(), now),
            *_disagreements(path, roots, held),
            *_layer_warnings(functions, configuration, now, known=bool(held)),
        ),
    )


def _disagreements(path: str, roots: tuple[Certificate, ...], held: tuple[Certificate, ...]) -> list[str]:
    if path and not held:
        return [f"No layer of the function holds certificates at {path}: landwaiter aws ca publish FILE."]
    if {root.sha256 for root in roots} != {root.sha256 for root in held}:
        return ["Function and builds trust different root CAs: landwaiter aws ca publish FILE."]
    return []


def _layer_warnings(functions: Any, configuration: dict[str, Any], now: datetime, *, known: bool) -> list[str]:  # noqa: ANN401
    """By the layer's description, where its content was not read."""
    if known:
        return []
    layers = [layer for arn in layers_of(configuration) if (layer := describe_layer(functions, arn))]
    return [
        f"A root in {layer.arn} expires on {layer.expires:%Y-%m-%d}."
        for layer in layers
        if layer.expires and (layer.expires - now).days < WARN_DAYS
    ]


def function_roots(functions: Any, configuration: dict[str, Any], path: str) -> tuple[Certificate, ...]:  # noqa: ANN401
    """Return the certificates that the function finds at `path` below /opt; empty when no layer holds the file.

    Lambda unpacks layers in their order, so the last one that has the file counts. Raises UnreachableError when a layer
    cannot be fetched, InputError when the file is no certificate.
    """
    member = path.removeprefix("/opt/")
    for arn in reversed(layers_of(configuration)):
        content = _fetch(str(functions.get_layer_version_by_arn(Arn=arn)["Content"]["Location"]))
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if member in archive.namelist() and archive.getinfo(member).file_size <= _MOST_BYTES:
                    return read_certificates(archive.read(member).decode("ascii", "ignore"))
        except (zipfile.BadZipFile, OSError, RuntimeError) as error:
            raise InputError(f"The layer {arn} cannot be read: {error}.", "Publish it again.") from error
    return ()


def _fetch(url: str) -> bytes:
    """The content at one of Lambda's presigned URLs."""
    content = bytearray()
    try:
        with httpx2.stream("GET", url, timeout=_SECONDS) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise InputError("A layer of the function is too large to look into.")
    except httpx2.HTTPError as error:
        raise UnreachableError(f"A layer of the function cannot be fetched: {error}.", "Try again.") from error
    return bytes(content)
