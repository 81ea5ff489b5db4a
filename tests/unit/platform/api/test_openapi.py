from pathlib import Path

import jsonschema
import msgspec

from landwaiter.events.models import TaskState
from landwaiter.platform.api.app import create_app
from landwaiter.platform.settings import Settings

METHODS = ("get", "post", "put", "delete")
OPEN = {"/api/v1/health"}


def test_every_call_describes_its_body_its_answer_and_its_errors(tmp_path: Path) -> None:
    document = create_app(Settings(data=tmp_path)).openapi()
    calls = [(path, method, call) for path, calls in document["paths"].items() for method, call in calls.items()]
    assert len(calls) >= 25
    for path, method, call in calls:
        where = f"{method} {path}"
        assert method in METHODS, where
        assert call["summary"], where
        assert call["description"], where
        success = call["responses"].get("200") or call["responses"]["204"]
        assert success["description"], where
        if "200" in call["responses"]:
            assert success["content"]["application/json"]["schema"], where
        assert ({"401", "403"} <= set(call["responses"])) == (path not in OPEN), where
        assert ("security" in call) == (path in OPEN), where
        if method in {"post", "put"}:
            assert call["requestBody"]["content"]["application/json"]["schema"], where


def test_every_reference_leads_somewhere(tmp_path: Path) -> None:
    document = create_app(Settings(data=tmp_path)).openapi()

    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(references(value) for value in node.values()))
        return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()

    for reference in references(document):
        name = reference.removeprefix("#/components/schemas/")
        assert name in document["components"]["schemas"], reference


def test_a_task_state_fits_its_description(tmp_path: Path) -> None:
    document = create_app(Settings(data=tmp_path)).openapi()
    state = TaskState(
        *("arn:x", 1, "1", "r", "c", "g", "d", "RUNNING", "RUNNING", "FARGATE", "", "", "", "", "", "", "", "", ""), ()
    )
    schema = {**document["components"]["schemas"]["TaskState"], "components": document["components"]}
    jsonschema.validate(msgspec.json.decode(msgspec.json.encode(state)), schema)


def test_the_reference_page_names_every_call(tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "api.md").read_text()
    document = create_app(Settings(data=tmp_path)).openapi()
    for path, calls in document["paths"].items():
        for method in calls:
            assert f"`{method.upper()} {path}`" in page, f"docs/reference/api.md lacks {method.upper()} {path}"
