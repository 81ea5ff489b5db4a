import pytest

from landwaiter.sandbox import internals, pieces
from landwaiter.sandbox.internals import Need, StandInChangedError, check_needs, service


def test_every_first_piece_finds_what_it_needs() -> None:
    for piece in pieces.FIRST:
        check_needs(piece.NEEDS)


def test_the_pinned_version_is_the_installed_one() -> None:
    internals.check_version()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internals, "PINNED_VERSION", "0.0.1")
    with pytest.raises(StandInChangedError, match=r"needs ministack 0\.0\.1, found: 1\.5\.33"):
        internals.check_version()


def test_all_that_has_changed_is_listed() -> None:
    needs = (
        Need("services.ecr", "_repo_uri", ("name",)),
        Need("services.ecr", "_no_such_name"),
        Need("services.no_such_service", "_x"),
        Need("services.ecr", "_find_image", ("repository", "image")),
        Need("services.ecr", "_repositories", ("key",)),
    )
    with pytest.raises(StandInChangedError) as raised:
        check_needs(needs)
    text = str(raised.value)
    assert "services.ecr._no_such_name is gone" in text
    assert "services.no_such_service cannot be imported" in text
    assert "services.ecr._find_image takes (repo_name, image_id)" in text
    assert "services.ecr._repositories is no function" in text
    assert "_repo_uri" not in text


def test_the_inside_reads_and_writes_private_names() -> None:
    ecr = service("ecr")
    original = ecr.repo_uri
    try:
        ecr.repo_uri = lambda name: f"changed/{name}"
        assert service("ecr").repo_uri("x") == "changed/x"
    finally:
        ecr.repo_uri = original
    with pytest.raises(AttributeError):
        ecr.no_such_name = 1
