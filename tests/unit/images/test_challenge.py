import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.images.challenge import Challenge, parse_challenges

BEARER = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"'


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (
            [BEARER],
            [Challenge("bearer", "https://auth.docker.io/token", "registry.docker.io", "repository:a/b:pull,push")],
        ),
        (['Basic realm="Registry, of Bearer things"'], [Challenge("basic", "Registry, of Bearer things")]),
        (["basic"], [Challenge("basic")]),
        (['BEARER realm = "https://x" , service=plain'], [Challenge("bearer", "https://x", "plain")]),
        (['Basic realm="a", Bearer realm="b",service="c"'], [Challenge("basic", "a"), Challenge("bearer", "b", "c")]),
        (['Basic realm="a"', 'Bearer realm="b"'], [Challenge("basic", "a"), Challenge("bearer", "b")]),
        (['Bearer realm="a\\"b"'], [Challenge("bearer", 'a"b')]),
        (["Negotiate"], []),
        ([""], []),
        ([], []),
    ],
)
def test_headers_of_registries(headers, found):
    assert parse_challenges(headers) == found


@given(st.text(max_size=200) | st.from_regex(r'(Bearer|Basic|[a-z="\\, ]){0,30}', fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_any_header(header):
    assert all(one.scheme in ("basic", "bearer") for one in parse_challenges([header]))


def test_a_long_header_is_quick():
    assert parse_challenges(['Bearer realm="' + "\\" * 100_000]) == [Challenge("bearer")]
