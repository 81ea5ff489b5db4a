import pytest

from landwaiter.versions import InvalidVersionError, compare

ASCENDING = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.1",
    "2",
]


@pytest.mark.parametrize("scheme", ["npm", "cargo", "hex", "golang", "semver", "nuget"])
def test_the_order_of_the_specification(scheme: str) -> None:
    for i, older in enumerate(ASCENDING):
        for newer in ASCENDING[i + 1 :]:
            assert compare(scheme, older, newer) == -1, (older, newer)


@pytest.mark.parametrize("scheme", ["npm", "cargo", "hex", "golang", "semver"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1.2.3", "v1.2.3"),
        (" =v1.2.3", "1.2.3"),
        ("1.2.3+build", "1.2.3+other"),
        ("1.2", "1.2.0"),
        ("1.2.3beta", "1.2.3-beta"),
        ("01.02.03", "1.2.3"),
        ("1.0.0-rc.01", "1.0.0-rc.1"),
    ],
)
def test_equal(scheme: str, a: str, b: str) -> None:
    assert compare(scheme, a, b) == 0


def test_words_are_compared_by_their_bytes_and_numbers_of_any_size_by_value() -> None:
    assert compare("npm", "1.2.3-R2", "1.2.3-r100") == -1
    assert compare("npm", "1.2.3-r100", "1.2.3-r2") == -1
    assert compare("npm", "1.0." + "9" * 299 + "1", "1.0." + "9" * 300) == -1
    assert compare("cargo", "0.0.0-0", "0.0.0-alpha") == -1
    assert compare("npm", "1.1.3.4", "1.1.3.5") == -1


@pytest.mark.parametrize("version", ["latest", "x.1", "1.0 beta", "git+https://example.org/x", "*"])
def test_refused(version: str) -> None:
    with pytest.raises(InvalidVersionError):
        compare("npm", version, "1.0.0")


def test_a_number_after_bitnamis_hyphen_is_a_revision() -> None:
    ascending = ["1.2.0-rc.1", "1.2.0", "1.2.0-1", "1.2.0-1.1", "1.2.0-2", "1.2.0-2.11", "1.2.0-10", "1.2.1"]
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare("bitnami", older, newer) == -1, (older, newer)
    assert compare("bitnami", "1.21.0-0", "1.21.0") == 0
