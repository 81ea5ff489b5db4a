import pytest

from landwaiter.versions import compare


@pytest.mark.parametrize(
    "ascending",
    [
        [
            "dev-main",
            "1.0-dev",
            "1.0a1",
            "1.0b1",
            "1.0RC1",
            "1.0",
            "1.0pl1",
            "1.0.1",
            "1.0.x-dev",
            "1.1",
            "1.x-dev",
            "2.0-beta2",
        ],
        ["4.3-2beta5", "4.3-2RC1", "4.3-2RC2", "4.3-2"],
        ["2.4.0-alpha", "2.4.0-alpha2", "2.4.0", "3.2.1", "20240101"],
        ["1", "2"],
        ["9" * 29 + "1", "9" * 30],
    ],
)
def test_ascending(ascending: list[str]) -> None:
    for i, older in enumerate(ascending):
        for newer in ascending[i + 1 :]:
            assert compare("composer", older, newer) == -1, (older, newer)
            assert compare("composer", newer, older) == 1, (older, newer)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1.0", "1.0.0.0"),
        ("v1.0.0", "V1.0"),
        ("1.0.0rc2", "1.0.0.RC2"),
        ("1.25.0-beta2.1", "1.25.0-b.2.1"),
        ("1.0.0+build", "1.0.0"),
        ("1.0@dev", "1.0"),
        ("dev-main#1a2b3c", "dev-main"),
        ("master", "dev-master"),
        ("2.1.*-dev", "2.1.x-dev"),
        ("1.0-stable", "1.0"),
        ("2024-01-01", "2024:01:01"),
        ("1.0.x-dev as 1.0.5", "1.0.x-dev"),
        ("1.2.3.#", "1.2.3.1"),
        ("1.2.3.#", "1.2.3"),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert compare("composer", a, b) == 0


def test_two_branches_are_not_one() -> None:
    assert compare("composer", "dev-main", "dev-develop") != 0


def test_phps_placeholder() -> None:
    assert compare("composer", "1.2.3.#.1", "1.2.3") == 1
    assert compare("composer", "1.2.3.#.p3", "1.2.3") == 1
    assert compare("composer", "1.2.3.#.beta", "1.2.3") == -1
    assert compare("composer", "1.2.3", "1.2.3.#.1") == -1
