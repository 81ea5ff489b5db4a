import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.advisories.scores import score_of, scores_of, severity_of_score

V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V30 = "CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"
V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"


@pytest.mark.parametrize(
    ("vector", "version", "score"),
    [(V4, "4.0", 9.3), (V31, "3.1", 9.8), (V30, "3.0", 8.1), (V2, "2.0", 7.5), (f"({V2})", "2.0", 7.5)],
)
def test_scores_of_the_specifications(vector: str, version: str, score: float) -> None:
    found = score_of(vector)
    assert found is not None
    assert (found.version, found.score) == (version, score)


@pytest.mark.parametrize(
    "vector", ["", "9.8", "CVSS:5.0/AV:N", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]
)
def test_what_is_no_vector(vector: str) -> None:
    assert score_of(vector) is None


def test_the_newest_version_comes_first() -> None:
    assert [score.version for score in scores_of((V2, V30, "junk", V4, V31))] == ["4.0", "3.1", "3.0", "2.0"]


@pytest.mark.parametrize(
    ("score", "word"),
    [(10.0, "critical"), (9.0, "critical"), (8.9, "high"), (6.9, "medium"), (0.1, "low"), (0.0, "negligible")],
)
def test_bands(score: float, word: str) -> None:
    assert severity_of_score(score) == word


@given(st.text(max_size=80) | st.text(max_size=60).map("CVSS:4.0/".__add__))
@settings(max_examples=150)
def test_any_text_is_answered(text: str) -> None:
    found = score_of(text)
    assert found is None or 0.0 <= found.score <= 10.0
