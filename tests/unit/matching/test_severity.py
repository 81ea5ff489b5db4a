from landwaiter.advisories.models import ALL_VERSIONS, Affected, Entry, KnownScores, Record, Score
from landwaiter.matching.models import Cvss
from landwaiter.matching.severity import severity_of

V4 = Score("4.0", "CVSS:4.0/x", 5.0)
V31 = Score("3.1", "CVSS:3.1/x", 9.8)
V2 = Score("2.0", "AV:N", 10.0)


def entry(word: str = "", scores: tuple[Score, ...] = (), vendor: str = "", vectors: tuple[str, ...] = ()) -> Entry:
    record = Record("f", "X", "", ("CVE-2024-0001",), (), severity=word, scores=scores)
    return Entry(record, Affected("PyPI", "p", ALL_VERSIONS, severity=vendor, vectors=vectors))


def unknown() -> None:
    return None


def borrowed() -> KnownScores:
    return KnownScores("low", (V31,))


def test_the_vendors_word_comes_first() -> None:
    assert severity_of([entry("high", (V31,), "negligible")], unknown) == ("negligible", Cvss("3.1", "CVSS:3.1/x", 9.8))


def test_then_the_score_of_the_newest_version() -> None:
    assert severity_of([entry("high", (V4, V31, V2))], unknown) == ("medium", Cvss("4.0", "CVSS:4.0/x", 5.0))
    assert severity_of([entry("low", (V2,))], unknown)[0] == "critical"


def test_the_packages_own_vector_counts() -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    assert severity_of([entry(vectors=(vector,))], unknown) == ("critical", Cvss("3.1", vector, 9.8))


def test_then_the_records_word() -> None:
    assert severity_of([entry("medium")], unknown) == ("medium", None)
    assert severity_of([entry("medium")], borrowed) == ("medium", Cvss("3.1", "CVSS:3.1/x", 9.8))


def test_then_what_others_say() -> None:
    assert severity_of([entry()], borrowed) == ("critical", Cvss("3.1", "CVSS:3.1/x", 9.8))
    assert severity_of([entry()], lambda: KnownScores("low", ())) == ("low", None)
    assert severity_of([entry()], unknown) == ("unknown", None)


def test_the_deciding_record_is_asked_first() -> None:
    assert severity_of([entry(), entry("", (V31,))], unknown)[0] == "critical"
    assert severity_of([entry("", (V4,)), entry("", (V31,))], unknown)[0] == "medium"
