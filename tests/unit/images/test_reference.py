import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.images.reference import EcrRegistry, Reference, ecr_registry, parse_reference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.18", "docker.io/library/alpine:3.18"),
        ("org/app", "docker.io/org/app:latest"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("index.docker.io/org/app:1", "docker.io/org/app:1"),
        ("docker://quay.io/org/app:1", "quay.io/org/app:1"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("[::1]:5000/a/b:t", "[::1]:5000/a/b:t"),
        ("127.0.0.1:5000/app@" + DIGEST, "127.0.0.1:5000/app@" + DIGEST),
        ("ghcr.io/o/a:tag@" + DIGEST, "ghcr.io/o/a:tag@" + DIGEST),
        ("Registry/app", "Registry/app:latest"),
        ("a/b__c/d-e--f.g", "docker.io/a/b__c/d-e--f.g:latest"),
        ("x" * 64, "docker.io/library/" + "x" * 64 + ":latest"),
    ],
)
def test_what_docker_takes(text, whole):
    assert str(parse_reference(text)) == whole
    assert parse_reference(whole) == parse_reference(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a repository"),
        ("Upper", "lower case"),
        ("a//b", "not a repository"),
        ("a/-b", "not a repository"),
        ("a:", "not a tag"),
        ("a:-x", "not a tag"),
        ("a:" + "t" * 129, "not a tag"),
        ("a@sha256:abc", "not a digest"),
        ("a@", "not a digest"),
        ("a@b@" + DIGEST, "not a digest"),
        ("a b", "not a repository"),
        ("https://example.org/a", "not a"),
        ("-host.org/a", "not a host name"),
        ("host.org:port/a", "not a host name"),
        ("a" * 64, "64 hexadecimal digits"),
        ("a/" * 200 + "b", "longer than 255"),
        ("é", "not a repository"),
        ("a\n", "docker.io"),
    ],
)
def test_what_docker_refuses(text, says):
    if says == "docker.io":
        assert str(parse_reference(text)).startswith(says)  # a stray line end is forgiven
        return
    with pytest.raises(InputError, match=says):
        parse_reference(text)


def test_hub_has_another_host():
    assert (parse_reference("alpine").api_host, parse_reference("quay.io/a").api_host) == (
        "registry-1.docker.io",
        "quay.io",
    )


def test_pinning():
    pinned = parse_reference("quay.io/a:1").with_digest(DIGEST)
    assert (str(pinned), pinned.wanted) == (f"quay.io/a:1@{DIGEST}", DIGEST)
    with pytest.raises(InputError, match="not a digest"):
        pinned.with_digest("sha256:1")


@given(st.text(max_size=60) | st.from_regex(r"[a-zA-Z0-9.:/_@\-]{0,40}", fullmatch=True))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_reference_or_an_input_error(text):
    try:
        found = parse_reference(text)
    except InputError:
        return
    assert parse_reference(str(found)) == found
    assert str(found).isascii()
    assert not set(str(found)) & set(" \n\t?#&%\\")


names = st.from_regex(r"[a-z0-9]+([._-][a-z0-9]+)*", fullmatch=True).filter(lambda name: len(name) < 40)


@given(
    names.map(lambda name: name + ".io"),
    st.lists(names, min_size=1, max_size=3),
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
)
@settings(max_examples=100, deadline=None)
def test_valid_parts_come_back(host, path, tag):
    host = host.replace("_", "x").replace("..", ".")
    assert parse_reference(f"{host}/{'/'.join(path)}:{tag}") == Reference(host, "/".join(path), tag)


@pytest.mark.parametrize(
    ("host", "account", "region"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "123456789012", "eu-west-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "123456789012", "us-gov-west-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "123456789012", "cn-north-1"),
        ("123456789012.dkr-ecr.us-west-2.on.aws", "123456789012", "us-west-2"),
        ("123456789012.dkr.ecr.us-east-1.localhost:4566", "123456789012", "us-east-1"),
    ],
)
def test_private_ecr(host, account, region):
    assert ecr_registry(host) == EcrRegistry("private", account, region)


def test_other_registries_are_not_ecr():
    assert ecr_registry("public.ecr.aws") == EcrRegistry("public", "", "us-east-1")
    for host in (
        "docker.io",
        "12345.dkr.ecr.us-east-1.amazonaws.com",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.org",
        "x.123456789012.dkr.ecr.us-east-1.amazonaws.com",
    ):
        assert ecr_registry(host) is None
