"""What the stand-in cannot show, and the finer points, on estates made by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from landwaiter.aws.doctor.checks import CHECKS
from landwaiter.aws.doctor.estate import (
    Build,
    Concurrency,
    Condition,
    Estate,
    LayerFile,
    NatGateway,
    Repository,
    Route,
    RouteTable,
    Rule,
    Statement,
    Tasks,
    Unseen,
    Variable,
)
from landwaiter.aws.doctor.event_checks import rules_of
from landwaiter.aws.doctor.function_checks import function_of
from landwaiter.aws.doctor.models import Finding
from landwaiter.aws.doctor.run import examine


def wrong(estate: Estate) -> dict[str, Finding]:
    return {one.id: one for one in examine(estate) if one.status in {"failed", "warned"}}


def changed(estate: Estate, part: str, **changes: Any) -> Estate:
    return replace(estate, **{part: replace(getattr(estate, part), **changes)})


def table_changed(estate: Estate, table_id: str, **changes: Any) -> Estate:
    network: Any = estate.network
    tables = tuple(replace(one, **changes) if one.id == table_id else one for one in network.tables)
    return changed(estate, "network", tables=tables)


def zone_changed(estate: Estate) -> Estate:
    network: Any = estate.network
    first, *rest = network.subnets
    return changed(estate, "network", subnets=(replace(first, zone="eu-central-1b"), *rest))


def routes(target: str, *, blackhole: bool = False) -> tuple[Route, ...]:
    return (Route("0.0.0.0/0", target, blackhole=blackhole),)


def permission(*conditions: Condition) -> Callable[[Estate], Estate]:
    def change(estate: Estate) -> Estate:
        policy: Any = estate.policy
        first, second = policy.statements
        return changed(estate, "policy", statements=(first, replace(second, conditions=conditions)))

    return change


SERVICE = Condition("StringEquals", "ec2:authorizedservice", ("codebuild.amazonaws.com",))
ALL_SUBNETS = Condition("ArnLike", "ec2:subnet", ("arn:aws:ec2:*:111122223333:subnet/*",))
ECR = "arn:aws:ecr:eu-central-1:999999999999:repository/base"
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def foreign(policy: Any) -> Callable[[Estate], Estate]:
    return lambda estate: replace(
        estate,
        tasks=Tasks("", None, handled=True, repositories=(Repository(ECR, "999999999999", policy),), pull_denied=()),
    )


def allowing(principal: str, *actions: str, effect: str = "Allow") -> Statement:
    return Statement(effect, actions or PULL, (), principals=(f"AWS:{principal}",))


def hub(**changes: Any) -> Callable[[Estate], Estate]:
    """A rule of the central bus, permitted as the first rule is."""

    def change(estate: Estate) -> Estate:
        first = rules_of(estate)[0]
        return replace(estate, rules=(*rules_of(estate), replace(first, bus="landwaiter", **changes)))

    return change


CASES: list[tuple[str, Callable[[Estate], Estate], set[str]]] = [
    ("no vpc", lambda e: replace(e, network=None), {"LW-NET-001"}),
    ("three subnets", lambda e: changed(e, "network", public=("pub-1",)), {"LW-NET-002"}),
    ("two zones", zone_changed, {"LW-NET-003"}),
    ("two zones wanted", lambda e: changed(zone_changed(e), "network", zones=2), set()),
    (
        "no private table",
        lambda e: table_changed(e, "rtb-private", name="", associations=(), routes=()),
        {"LW-NET-006"},
    ),
    ("blackhole", lambda e: table_changed(e, "rtb-private", routes=routes("nat-1", blackhole=True)), {"LW-NET-013"}),
    ("route to nothing", lambda e: table_changed(e, "rtb-private", routes=routes("")), {"LW-NET-013"}),
    ("private route to a firewall", lambda e: table_changed(e, "rtb-private", routes=routes("eni-1")), {"LW-NET-013"}),
    ("public route to a nat", lambda e: table_changed(e, "rtb-public", routes=routes("nat-1")), {"LW-NET-010"}),
    (
        "nat failed",
        lambda e: changed(e, "network", nats=(NatGateway("nat-1", "pub-1", "failed", ()),)),
        {"LW-NET-011"},
    ),
    (
        "nat in a private subnet",
        lambda e: changed(e, "network", nats=(NatGateway("nat-1", "priv-1", "available", ("198.51.100.7",)),)),
        {"LW-NET-011"},
    ),
    (
        "nat without address",
        lambda e: changed(e, "network", nats=(NatGateway("nat-1", "pub-1", "available", ()),)),
        {"LW-NET-012"},
    ),
    ("brought, no layout", lambda e: changed(zone_changed(e), "network", origin="brought", lets_out=False), set()),
    ("any action", lambda e: changed(e, "policy", statements=(Statement("Allow", ("*",), ("*",)),)), {"LW-POL-004", "LW-POL-005"}),
    ("subnets by wildcard", permission(SERVICE, ALL_SUBNETS), set()),
    ("no service", permission(ALL_SUBNETS), {"LW-POL-004"}),
    ("negated subnets", permission(SERVICE, replace(ALL_SUBNETS, operator="ArnNotLike")), {"LW-POL-005"}),
    ("no service role", lambda e: replace(e, service_role=None), {"LW-POL-007"}),
    ("no lambda role", lambda e: replace(e, lambda_role=None), {"LW-POL-008"}),
    ("no function", lambda e: replace(e, function=None), {"LW-FUN-001"}),
    ("failed function", lambda e: changed(e, "function", state="Failed"), {"LW-FUN-001"}),
    ("function in another vpc", lambda e: changed(e, "function", vpc_id="vpc-2", subnet_ids=("x",)), {"LW-FUN-002"}),
    ("function in a strange subnet", lambda e: changed(e, "function", subnet_ids=("x",)), {"LW-FUN-003"}),
    ("function in both", lambda e: changed(e, "function", subnet_ids=("priv-1", "priv-2")), {"LW-FUN-003"}),
    ("no secret", lambda e: replace(e, secret=None), {"LW-FUN-007"}),
    ("none reserved", lambda e: replace(e, concurrency=Concurrency(None)), set()),
    ("no project", lambda e: replace(e, project=None), {"LW-BLD-001"}),
    ("project in another vpc", lambda e: changed(e, "project", vpc_id="vpc-2"), {"LW-BLD-002"}),
    ("no limit", lambda e: changed(e, "project", limit=None), {"LW-BLD-008"}),
    ("a setting missing", lambda e: changed(e, "project", environment={"LANDWAITER_TOKEN": Variable("a", "SECRETS_MANAGER")}), {"LW-BLD-007"}),
    ("root in no file", lambda e: replace(e, layer_files=(LayerFile("/opt/custom-root-ca.cert", None),)), {"LW-CA-003"}),
    ("path outside opt", lambda e: changed(e, "function", environment={**function_of(e).environment, "QualysPodCustomRootCertPath": "/tmp/ca"}), {"LW-CA-002"}),
    ("no rules", lambda e: replace(e, rules=()), {"LW-EVT-001", "LW-EVT-006", "LW-EVT-007"}),
    ("hub", hub(), set()),
    ("hub disabled", hub(enabled=False), {"LW-EVT-012"}),
    ("hub without target", hub(targets=()), {"LW-EVT-012"}),
    ("hub takes something else", hub(matches=frozenset()), {"LW-EVT-012"}),
    ("hub without permission", hub(arn="arn:aws:events:eu-central-1:111122223333:rule/landwaiter/x"), {"LW-EVT-012"}),
    ("queue gone", lambda e: replace(e, queues=()), {"LW-EVT-008"}),
    ("platform without advisories", lambda e: changed(e, "handshake", bundle="missing"), {"LW-PLT-005"}),
    ("advisories of unknown age", lambda e: changed(e, "handshake", bundle="unknown"), {"LW-PLT-005"}),
    ("address not on the list", lambda e: replace(e, allowed=("198.51.100.8/32",)), {"LW-PLT-003"}),
    ("pull denied", lambda e: replace(e, tasks=Tasks("", None, handled=True, repositories=(Repository(ECR, "111122223333", ()),), pull_denied=(ECR,))), {"LW-ECR-001"}),
    ("foreign without policy", foreign(None), {"LW-ECR-002"}),
    ("foreign for others", foreign((allowing("444455556666"),)), {"LW-ECR-002"}),
    ("foreign for half", foreign((allowing("111122223333", "ecr:BatchGetImage"),)), {"LW-ECR-002"}),
    ("foreign denies", foreign((allowing("*"), allowing("*", "ecr:*", effect="Deny"))), {"LW-ECR-002"}),
    ("foreign not read", foreign(Unseen("not permitted: ecr:GetRepositoryPolicy")), {"LW-ECR-002"}),
    ("foreign for the account", foreign((allowing("arn:aws:iam::111122223333:root"),)), set()),
    ("foreign by wildcard", foreign((allowing("111122223333", "ecr:*"),)), set()),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_thing_is_found(estate: Estate, change: Callable[[Estate], Estate], expected: set[str]) -> None:
    findings = wrong(change(estate))
    assert findings.keys() == expected, {one.id: one.found for one in findings.values()}
    assert all(one.mend and "{" not in one.mend.split("'")[0] for one in findings.values())


def test_all_is_well(estate: Estate) -> None:
    assert {one.id: one.found for one in examine(estate) if one.status not in {"passed", "skipped"}} == {}
    assert len(examine(estate)) == len(CHECKS)


def test_builds(estate: Estate) -> None:
    bad = Build("b:2", succeeded=False, started=estate.now, phase="PROVISIONING", reason="no subnet")
    good = Build("b:1", succeeded=True, started=estate.now - timedelta(hours=1))
    assert wrong(replace(estate, builds=(bad, good)))["LW-BLD-009"].status == "failed"
    found = wrong(replace(estate, builds=(good, bad)))["LW-BLD-009"]
    assert (found.status, "b:2 in PROVISIONING: no subnet" in found.found) == ("warned", True)
    assert found.mend == "aws codebuild batch-get-builds --ids b:2"


@pytest.mark.parametrize(
    ("days", "status"), [(-1, "failed"), (0, "failed"), (5, "warned"), (29, "warned"), (31, "passed")]
)
def test_the_root_is_told_of_before_it_expires(estate: Estate, days: int, status: str) -> None:
    (file,) = seen_files(estate)
    (root,) = file.certificates or ()
    ends = replace(root, not_after=estate.now + timedelta(days=days))
    found = examine(replace(estate, layer_files=(replace(file, certificates=(root, ends)),)))
    assert next(one for one in found if one.id == "LW-CA-004").status == status


def seen_files(estate: Estate) -> tuple[LayerFile, ...]:
    assert isinstance(estate.layer_files, tuple)
    return estate.layer_files


def test_by_hand_what_is_our_addition_is_a_warning(estate: Estate) -> None:
    by_hand = changed(replace(estate, rules=rules_of(estate)[:1]), "network", origin="guide")
    by_hand = changed(by_hand, "function", dead_letters="")
    assert {one.id: one.status for one in wrong(by_hand).values()} == {
        "LW-EVT-006": "warned",
        "LW-EVT-007": "warned",
        "LW-EVT-008": "warned",
    }


def test_where_the_order_of_subnets_is_inferred_the_other_one_is_a_warning(estate: Estate) -> None:
    inferred = changed(changed(estate, "network", certain=False), "function", subnet_ids=("priv-2",))
    assert wrong(inferred)["LW-FUN-003"].status == "warned"
    assert wrong(changed(inferred, "function", subnet_ids=("pub-2",)))["LW-FUN-003"].status == "failed"


def test_a_rule_of_another_name_will_do(estate: Estate) -> None:
    first, *rest = estate.rules if isinstance(estate.rules, tuple) else ()
    other = replace(first, name="their-own", arn=first.arn.replace("LandwaiterTaskRunning", "their-own"))
    findings = wrong(replace(estate, rules=(other, *rest)))
    assert findings.keys() == {"LW-EVT-004"}
    assert "their-own" in findings["LW-EVT-004"].found


def test_a_narrow_pattern_is_a_warning(estate: Estate) -> None:
    first, *rest = estate.rules if isinstance(estate.rules, tuple) else ()
    narrow: Rule = replace(first, matches=frozenset({"fargate running"}))
    assert wrong(replace(estate, rules=(narrow, *rest)))["LW-EVT-005"].status == "warned"


def test_two_private_tables_each_lead_out(estate: Estate) -> None:
    network: Any = estate.network
    public, private, first = network.tables
    second = RouteTable("rtb-private-2", "Private-RT-2", "", (("priv-2", "assoc-5"),), routes("nat-gone"))
    private = replace(private, associations=private.associations[:1])
    findings = wrong(changed(estate, "network", tables=(public, private, second, first), zones=2))
    assert findings.keys() == {"LW-NET-013"}
    assert "rtb-private-2" in findings["LW-NET-013"].found


def test_a_mending_command_names_the_things_it_is_about(estate: Estate) -> None:
    broken = table_changed(estate, "rtb-private", routes=())
    assert wrong(broken)["LW-NET-013"].mend == (
        "aws ec2 replace-route --route-table-id rtb-private --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-1"
    )
