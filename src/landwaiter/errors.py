"""The errors a person may meet. Each names the thing that is wrong and the remedy, and carries the exit code.

Exit codes (documented in `landwaiter --help`): 1 policy violated or check failed, 2 wrong usage or input that cannot be
read, 3 something needed could not be reached.
"""


class LandwaiterError(Exception):
    """Something is wrong that the person in front of the terminal can mend.

    `what` is one sentence that names the thing; `remedy` is the next step, or empty where there is none to give.
    """

    exit_code = 2

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()


class InputError(LandwaiterError):
    """An input (image, archive, bundle, document, setting) cannot be read or is refused."""


class UnreachableError(LandwaiterError):
    """A registry, feed, platform or AWS endpoint did not answer, or refused us."""

    exit_code = 3


class NotPermittedError(LandwaiterError):
    """Credentials are missing, wrong or not allowed to do this."""

    exit_code = 3


class CheckFailedError(LandwaiterError):
    """A policy is violated or a check failed; the output already says which."""

    exit_code = 1
