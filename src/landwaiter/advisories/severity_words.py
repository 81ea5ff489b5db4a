"""Vendors' words for severity, brought to one scale (`landwaiter.matching.models.SEVERITIES`)."""

_SCALE = {
    "critical": "critical",
    "important": "high",
    "high": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
    "negligible": "negligible",
    "unimportant": "negligible",
    "none": "negligible",
    "informational": "negligible",
}


def severity_of_word(word: object) -> str:
    """Return `word` on our scale; "" for a word that says nothing ("not yet assigned", "untriaged") or is no word.

    Debian appends `**` to an urgency that it only assumes; that is read as the word itself.
    """
    return _SCALE.get(word.strip().rstrip("*").lower(), "") if isinstance(word, str) else ""


def severity_of_summary(summary: str) -> str:
    """Return the severity that stands before the colon of an erratum's title ("Important: openssl security update")."""
    head, colon, _ = summary.partition(":")
    return severity_of_word(head.rpartition(" ")[2]) if colon and len(head) < 40 else ""
