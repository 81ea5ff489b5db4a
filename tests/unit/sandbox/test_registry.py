import pytest

from landwaiter.sandbox.registry import Lookup, look_up


@pytest.mark.parametrize(
    "image",
    ["web:1", "docker.io/library/nginx:1", "registry.example.org:5000/a/b@sha256:" + "0" * 64, "", "a b"],
)
def test_images_from_elsewhere_are_not_hosted_here(image: str) -> None:
    assert look_up(image) == Lookup(hosted=False, digest="")


@pytest.mark.parametrize(
    "host",
    [
        "123456789012.dkr.ecr.us-east-1.amazonaws.com",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
        "123456789012.dkr.ecr.us-east-1.localhost:4566",
    ],
)
@pytest.mark.parametrize("rest", ["/team/web", "/web:1.0", "/web@sha256:" + "0" * 64, "/web:1.0@sha256:" + "0" * 64])
def test_ecr_images_are_and_may_be_absent(host: str, rest: str) -> None:
    assert look_up(host + rest) == Lookup(hosted=True, digest="")
