"""What a database that does not answer looks like, for those who turn it into an answer of their own."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

DATABASE_FAILURES = (OperationalError, InterfaceError, PoolTimeoutError)


def reason(error: Exception) -> str:
    """Return the first line of what the database said, for the log; it names no value of a statement."""
    return str(error.__cause__ or error).partition("\n")[0]
