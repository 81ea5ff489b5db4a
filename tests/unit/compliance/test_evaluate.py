from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landwaiter.compliance.checks import CHECKS
from landwaiter.compliance.evaluate import combine, evaluate
from landwaiter.compliance.load import shipped_benchmarks
from landwaiter.compliance.models import STATUSES, Benchmark, Control, Result


def results(found):
    return {f"{item.benchmark} {item.control}": item for item in found}


def test_every_control_has_a_result_in_order(evidence):
    found = evaluate(evidence())
    expected = [(item.id, control.id) for item in shipped_benchmarks() for control in item.controls]
    assert [(item.benchmark, item.control) for item in found] == expected
    assert {item.status for item in found} <= set(STATUSES)
    assert all(item.message and item.title and item.remediation for item in found)


def test_without_a_task_definition_no_control_of_it_passes(evidence):
    task_checks = {
        name
        for name, check in CHECKS.items()
        if check.run.__module__.rpartition(".")[2] in {"task_definition", "task_hardening"}
    }
    assert len(task_checks) == 18
    found = [item for item in evaluate(evidence()) if item.check in task_checks]
    assert {item.status for item in found} == {"not_assessed"}


def test_nothing_passes_when_nothing_was_seen(evidence):
    """A folder of which no file could be read, without advisories, task definition, config and history."""
    from landwaiter.inventory.models import Note

    nothing = evidence(
        config=False,
        digest="",
        history=None,
        layers=1,
        packages=[],
        os=None,
        created=None,
        reference="rootfs:/x",
        notes=[Note("unreadable-layer", "The layer cannot be read.", layer=0)],
    )
    assert "pass" not in {item.status for item in evaluate(nothing)}


def test_controls_that_ask_the_same_name_each_other(evidence):
    found = results(evaluate(evidence()))
    assert found["aws-fsbp-ecs ECS.5"].also == ("cis-aws-compute 3.5",)
    assert found["cis-aws-compute 3.5"].also == ("aws-fsbp-ecs ECS.5",)
    assert "cis-aws-compute 3.13" in found["cis-docker 4.2"].also
    assert "aws-fsbp-ecs ECS.20" in found["cis-docker 4.1"].also
    assert "cis-docker 4.1" in found["aws-fsbp-ecs ECS.20"].also
    assert "cis-aws-compute 3.2" in found["aws-fsbp-ecs ECS.2"].also


def test_a_check_runs_once_for_all_controls_that_ask_the_same(evidence, task):
    found = results(evaluate(evidence(task=task(container={"privileged": True}))))
    assert found["aws-fsbp-ecs ECS.4"].status == found["cis-aws-compute 3.4"].status == "fail"
    assert found["nist-800-190 3.4.3"].status == "fail"


def test_fsbp_and_cis_agree_wherever_they_ask_the_same(evidence, task):
    pairs = [
        ("ECS.3", "3.3"),
        ("ECS.4", "3.4"),
        ("ECS.5", "3.5"),
        ("ECS.8", "3.6"),
        ("ECS.9", "3.7"),
        ("ECS.10", "3.8"),
        ("ECS.12", "3.9"),
    ]
    pairs += [("ECS.13", "3.10"), ("ECS.14", "3.11"), ("ECS.15", "3.12"), ("ECS.16", "3.14"), ("ECS.2", "3.2")]
    found = results(evaluate(evidence(task=task(platform_version="1.3.0", pid_mode="host"))))
    for ours, theirs in pairs:
        assert found[f"aws-fsbp-ecs {ours}"].status == found[f"cis-aws-compute {theirs}"].status


def test_combining_takes_the_most_urgent_status_and_says_whose_it_is():
    found = combine(
        {"a 1": Result("pass", "Fine."), "a 2": Result("not_assessed", "Unseen."), "a 3": Result("inherited", "AWS.")}
    )
    assert found == Result("not_assessed", "1 of 3 controls: not assessed.", ("a 2: Unseen.",))


@pytest.mark.parametrize(("first", "second"), list(pairwise(STATUSES)))
def test_combining_follows_the_order_of_statuses(first, second):
    assert combine({"x": Result(second, "s"), "y": Result(first, "f")}).status == first


def test_benchmarks_may_be_given(evidence):
    own = Benchmark("own", "Own", "1", "us", (Control("1", "A user", "high", "why", "how", check="non_root_user"),))
    assert [item.status for item in evaluate(evidence(user="5"), (own,))] == ["pass"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.tuples(st.text(max_size=120), st.booleans()), max_size=6),
    user=st.none() | st.text(max_size=12),
    env=st.lists(st.text(max_size=40), max_size=4),
    labels=st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=3),
    ports=st.dictionaries(st.text(max_size=8), st.none(), max_size=3),
)
def test_hostile_configs_are_judged_without_a_crash(evidence, lines, user, env, labels, ports):
    found = evaluate(
        evidence(
            history=lines, user=user, env=tuple(env), labels=labels, exposed_ports=ports, volumes=ports, test=tuple(env)
        )
    )
    assert {item.status for item in found} <= set(STATUSES)
