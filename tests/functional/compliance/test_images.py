"""Compliance of real archives: reader, analysers, coalescing and checks together."""

import pytest

from landwaiter.compliance.evaluate import evaluate
from landwaiter.compliance.models import ComplianceEvidence, TaskContainer, TaskDefinition
from landwaiter.images.open import open_source
from landwaiter.inventory.take import take_inventory

APP = {"app/run": ("#!/bin/sh\n", 0o755)}
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5"


def controls(inventory, **evidence):
    found = evaluate(ComplianceEvidence(inventory, **evidence))
    return {f"{item.benchmark} {item.control}": item for item in found}


def test_a_plain_image(inventory, base):
    found = controls(inventory(base, APP, User="app", Healthcheck={"Test": ["CMD", "/app/run"]}))
    passed = ("4.1", "4.3", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11")
    assert {number: found[f"cis-docker {number}"].status for number in passed} == dict.fromkeys(passed, "pass")
    assert found["cis-docker 4.4"].status == "not_assessed"
    assert found["landwaiter LW.9"].evidence == ("uid 0: root, admin",)


@pytest.mark.parametrize(
    ("user", "status"),
    [("", "fail"), ("admin", "fail"), ("0", "fail"), ("app", "pass"), ("1000:0", "pass"), ("ghost", "not_assessed")],
)
def test_the_user_is_resolved_through_the_images_passwd(inventory, base, user, status):
    assert controls(inventory(base, APP, User=user))["cis-docker 4.1"].status == status


def test_the_task_definition_overrides_the_image(inventory, base):
    taken = inventory(base, APP, User="app")
    task = TaskDefinition("arn", (TaskContainer("web", user="admin"),))
    found = controls(taken, task_definition=task, container="web")
    assert found["cis-docker 4.1"].status == "fail"
    assert found["aws-fsbp-ecs ECS.20"].status == "fail"


def test_a_setuid_file_counts_until_a_layer_removes_it(inventory, base):
    evil = {"opt/evil": ("x", 0o6755)}
    found = controls(inventory(base, evil))["cis-docker 4.8"]
    assert (found.status, found.evidence) == ("fail", ("6755 /opt/evil",))
    history = (("ADD a.tar /", False), ("COPY evil /opt", False), ("RUN rm /opt/evil", False))
    removed = inventory(base, evil, {"opt/.wh.evil": ("", 0o644)}, history=history)
    assert controls(removed)["cis-docker 4.8"].status == "pass"


def test_a_secret_counts_even_when_a_later_layer_deletes_it(inventory, base):
    leak = {"app/.npmrc": (f"//registry.example.com/:_authToken={TOKEN}\n", 0o600)}
    history = (("ADD a.tar /", False), ("COPY .npmrc /app", False), ("RUN rm /app/.npmrc", False))
    found = controls(inventory(base, leak, {"app/.wh..npmrc": ("", 0o644)}, history=history))["cis-docker 4.10"]
    assert found.status == "fail"
    assert TOKEN not in str(found)


def test_secrets_of_environment_and_history(inventory, base, build):
    for taken in (
        inventory(base, APP, Env=[f"GITHUB_TOKEN={TOKEN}"]),
        inventory(base, APP, history=(*build[:2], (f"RUN |1 T={TOKEN} /bin/sh -c make # buildkit", False))),
    ):
        found = controls(taken)["cis-docker 4.10"]
        assert found.status == "fail"
        assert TOKEN not in str(found)


@pytest.mark.parametrize("history", [None, (("bazel build ...", False), ("bazel build ...", False))])
def test_without_a_dockerfiles_history_its_controls_are_not_assessed(inventory, base, history):
    found = controls(inventory(base, APP, history=history))
    statuses = {number: found[f"cis-docker {number}"].status for number in ("4.7", "4.9", "4.10", "4.11")}
    assert set(statuses.values()) == {"not_assessed"}


def test_a_folder_has_no_config_to_pass_by(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    with open_source(f"rootfs:{tmp_path}") as source:
        found = controls(take_inventory(source, cache=None))
    for number in ("4.1", "4.2", "4.6", "4.7", "4.9", "4.10"):
        assert found[f"cis-docker {number}"].status == "not_assessed", number
