"""The accounts of etc/passwd and etc/shadow (passwd(5), shadow(5)). A password's hash is looked at and forgotten."""

from landwaiter.inventory.models import Account
from landwaiter.inventory.names import PASSWD, SHADOW

PATHS = frozenset({PASSWD, SHADOW})
LIMIT = 1 << 20
MAX_ACCOUNTS = 2000
_ELSEWHERE = "x"


def _password(field: str) -> str:
    """Classify a password field: "empty" lets anybody in, "locked" nobody, "shadow" points to etc/shadow."""
    if not field:
        return "empty"
    if field == _ELSEWHERE:
        return "shadow"
    return "locked" if field[0] in "!*" else "set"


def _number(field: str) -> int:
    """Return a user or group id; -1 where it is none."""
    return int(field) if field.isdecimal() and len(field) < 11 else -1


def read_accounts(path: str, content: bytes) -> tuple[Account, ...]:
    """Read the accounts of one of `PATHS`, at most `MAX_ACCOUNTS`; lines that are none are passed over."""
    found: list[Account] = []
    for line in content.decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if len(fields) < 2 or not fields[0] or line.startswith(("#", "+", "-")):
            continue
        name, password = fields[0][:256], _password(fields[1])
        if path == SHADOW:
            found.append(Account(name, -1, -1, "locked" if fields[1] == _ELSEWHERE else password))
        elif len(fields) >= 4:
            shell = fields[6].strip()[:256] if len(fields) > 6 else ""
            found.append(Account(name, _number(fields[2]), _number(fields[3]), password, shell))
        if len(found) >= MAX_ACCOUNTS:
            break
    return tuple(found)
