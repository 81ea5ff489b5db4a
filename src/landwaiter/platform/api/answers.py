"""Answers as msgspec documents, and their description for OpenAPI: one source for both."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from landwaiter.platform.api.errors import JSON

SCHEMAS: dict[str, Any] = {}
"""The components of the OpenAPI document: every type that a route takes or gives, filled as the routes are declared."""

_REFERENCE = "#/components/schemas/{name}"


def reply(body: object, status: int = 200) -> Response:
    """Return a document as JSON."""
    return Response(msgspec.json.encode(body), status_code=status, media_type=JSON)


def nothing() -> Response:
    """Return 204."""
    return Response(status_code=204)


def answer(kind: Any | None, *, body: Any = None, others: Mapping[int, Any] | None = None) -> dict[str, Any]:  # noqa: ANN401 - a type
    """Return the arguments of a route that answers with `kind` (None: 204) to a JSON body of type `body`."""
    status = 200 if kind is not None else 204
    arguments: dict[str, Any] = {"status_code": status, "response_class": Response}
    arguments["responses"] = {**({200: _described(kind)} if kind is not None else {}), **describes(others or {})}
    if body is not None:
        arguments["openapi_extra"] = {"requestBody": {"required": True, "content": _content(body)}}
    return arguments


def describes(answers: Mapping[int, Any]) -> dict[int | str, dict[str, Any]]:
    """Return the description of answers by status."""
    return {status: _described(kind) for status, kind in answers.items()}


def _described(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a type
    return {"description": (kind.__doc__ or "").strip().partition("\n")[0], "content": _content(kind)}


def _content(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a type
    (schema,), components = msgspec.json.schema_components([kind], schema_hook=_anything, ref_template=_REFERENCE)
    SCHEMAS.update(components)
    return {JSON: {"schema": schema}}


def _anything(kind: type) -> dict[str, Any]:
    """Describe a value of any form (the JSON inside a container's configuration)."""
    if kind is object:
        return {"description": "any JSON value"}
    raise NotImplementedError
