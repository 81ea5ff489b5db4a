"""Policies, certificates and subnets as AWS gives them."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.aws.doctor.estate import Condition, Route, RouteTable, Statement, Subnet, Unseen
from landwaiter.aws.doctor.read_layers import certificates_of
from landwaiter.aws.doctor.read_network import is_public, public_table
from landwaiter.aws.doctor.reading import attempt, statements_of
from landwaiter.errors import NotPermittedError
from landwaiter.sandbox.authority import Authority


def test_a_statement_in_all_its_forms() -> None:
    document = {
        "Statement": {
            "Effect": "Allow",
            "Action": "ec2:*",
            "Resource": ["a", "b"],
            "Principal": {"Service": ["x.amazonaws.com"], "AWS": "*"},
            "Condition": {"StringEquals": {"AWS:SourceArn": "c"}},
        }
    }
    condition = Condition("StringEquals", "aws:sourcearn", ("c",))
    principals = ("Service:x.amazonaws.com", "AWS:*")
    assert statements_of(document) == (Statement("Allow", ("ec2:*",), ("a", "b"), (condition,), principals),)
    assert statements_of({"Statement": [{"Principal": "*"}]})[0].principals == ("AWS:*",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Action", "Principal", "Condition", "Effect", "Resource", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_any_document_is_read(document: object) -> None:
    assert all(isinstance(one, Statement) for one in statements_of(document))


def test_certificates_in_pem_and_der() -> None:
    pem = Authority.create("Some Root").pem.encode()
    (root,) = certificates_of(pem) or ()
    assert (root.subject, root.is_ca) == ("CN=Some Root", True)
    assert root.not_after > datetime.now(UTC) > root.not_before
    assert len(certificates_of(pem + pem) or ()) == 2


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_rubbish_is_no_certificate(data: bytes, armoured: bool) -> None:
    text = b"-----BEGIN CERTIFICATE-----\n" + data + b"\n-----END CERTIFICATE-----\n" if armoured else data
    assert certificates_of(text) is None


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetRole")


def test_what_is_refused_is_unseen_and_says_which_action() -> None:
    def denied() -> str:
        raise refusal("AccessDenied", "User: x is not authorized to perform: iam:GetRole on resource: y")

    def bare() -> str:
        raise refusal("UnauthorizedOperation", "You are not authorized to perform this operation.")

    def odd() -> str:
        raise refusal("ServiceFailure", "try again")

    assert attempt("iam", denied) == Unseen("not permitted: iam:GetRole")
    assert attempt("iam", bare) == Unseen("not permitted: iam:GetRole")
    assert attempt("iam", odd) == Unseen("AWS refused GetRole while reading the account: try again (ServiceFailure)")


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "AuthFailure"])
def test_credentials_that_are_no_good_end_it(code: str) -> None:
    def read() -> str:
        raise refusal(code, "no")

    with pytest.raises(NotPermittedError):
        attempt("iam", read)


def subnet(name: str = "", *, auto: bool = False) -> Subnet:
    return Subnet("subnet-1", name, "a", "10.0.0.0/26", auto_public=auto)


def table(identity: str, name: str = "", *, main: str = "", target: str = "", subnets: str = "") -> RouteTable:
    routes = (Route("0.0.0.0/0", target, blackhole=False),) if target else ()
    return RouteTable(identity, name, main, ((subnets, "assoc"),) if subnets else (), routes)


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([table("a", main="m"), table("b", "Public-RT")], "b"),
        ([table("a", main="m"), table("b", target="igw-1")], "b"),
        ([table("a", main="m"), table("b", target="nat-1")], "a"),
        ([], None),
    ],
)
def test_the_public_table_is_known_by_name_then_route_then_use(tables: list[RouteTable], expected: str | None) -> None:
    found = public_table(tables)
    assert (found.id if found else None) == expected


def test_a_subnet_is_public_by_name_then_table_then_addresses() -> None:
    public = table("p", "Public-RT", subnets="subnet-1")
    private = table("q", subnets="subnet-1")
    assert not is_public(subnet("scan-private-1", auto=True), [public], set())
    assert is_public(subnet("scan-public-1"), [table("p", "Public-RT"), private], set())
    assert is_public(subnet(), [public], set())
    assert not is_public(subnet(auto=True), [table("p", "Public-RT"), private], set())
    assert is_public(subnet(auto=True), [], set())
    assert not is_public(subnet(auto=True), [], {"subnet-1"})
