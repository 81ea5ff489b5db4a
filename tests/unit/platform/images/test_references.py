import pytest

from landwaiter.errors import InputError
from landwaiter.platform.images.references import pinned_digest, platform_of, repository_of

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("nginx", "nginx"), ("nginx:1.27", "nginx"), (f"nginx@{DIGEST}", "nginx"), (f"nginx:1.27@{DIGEST}", "nginx"),
        ("registry.example:5000/team/app", "registry.example:5000/team/app"),
        ("registry.example:5000/team/app:1", "registry.example:5000/team/app"), ("", ""),
    ],
)  # fmt: skip
def test_the_repository_is_the_reference_without_tag_and_digest(reference: str, repository: str) -> None:
    assert repository_of(reference) == repository


def test_a_pinned_reference_tells_its_digest() -> None:
    assert pinned_digest(f"nginx:1.27@{DIGEST}") == DIGEST
    assert pinned_digest("nginx:1.27") == ""


@pytest.mark.parametrize(
    ("architecture", "platform"),
    [("", "linux/amd64"), ("x86_64", "linux/amd64"), ("amd64", "linux/amd64"), ("ARM64", "linux/arm64"),
     ("arm/v7", "linux/arm/v7")],
)  # fmt: skip
def test_the_platform_is_in_gos_names(architecture: str, platform: str) -> None:
    assert platform_of(architecture) == platform


@pytest.mark.parametrize("architecture", ["a/b/c", "x" * 33])
def test_an_architecture_that_is_none_is_refused(architecture: str) -> None:
    with pytest.raises(InputError):
        platform_of(architecture)
