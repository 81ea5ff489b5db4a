"""Text of an image as it may be shown: secrets in it are shortened until they are of no use."""

from landwaiter.inventory.secrets import LIMIT, find_in_line, redact


def redacted(text: str) -> str:
    """Return `text` with each secret replaced by what may be shown of it; at most `LIMIT` characters are kept."""
    shown = text[:LIMIT]
    for _, secret in find_in_line(shown):
        shown = shown.replace(secret, redact(secret))
    return shown


def redacted_assignment(name: str, value: str) -> str:
    """Return `name=value` with a secret value redacted, judged by the name too."""
    return redacted(f"{name}={value}")
