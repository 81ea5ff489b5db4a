"""Text of strangers, made fit for a terminal."""


def printable(text: str) -> str:
    """Return `text` without control characters, so that no name of a stranger's package can steer the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)
