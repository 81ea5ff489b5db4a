"""Secrets in text: rules that name what they find, with an allow-list of what only looks like one.

A rule is a keyword that must be there (cheap), a regular expression whose group `secret` is the secret, and where the
form alone proves little, a least entropy. Used on files of a layer, on environment values and on lines of an image's
history. The forms are those that the services document for their tokens.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from landwaiter.inventory.models import SecretFact

LIMIT = 256 * 1024
"""Largest file that is looked through, in bytes."""
MAX_FOUND = 50
"""Most secrets that are reported of one file."""
_CONTEXT = 80


class Rule(msgspec.Struct, frozen=True):
    """What one kind of secret looks like; `entropy` in bits per character."""

    name: str
    keywords: tuple[str, ...]
    expression: str
    entropy: float = 0.0

    @property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when it is first wanted: every start would pay for it otherwise."""
        return _compiled(self.expression)


_compiled = cache(re.compile)


def _rule(name: str, keywords: str, pattern: str, entropy: float = 0.0) -> Rule:
    return Rule(name, tuple(keywords.split()), pattern, entropy)


_ASSIGNED = r"""["']?\s*(?:=>|[:=])\s*["']?"""
_NAMED = r"(?:password|passwd|pwd|secret(?!ar)|token(?!i[sz])|api_?key|apikey|access_?key|private_?key|client_?secret)"
RULES = (
    _rule("private-key", "PRIVATE", r"(?P<secret>-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----)"),
    _rule("aws-access-key-id", "AKIA ASIA", r"(?<![A-Z0-9])(?P<secret>(?:AKIA|ASIA)[A-Z2-7]{16})(?![A-Z0-9])", 2.5),
    _rule(
        "aws-secret-access-key",
        "secret SECRET",
        rf"(?i:aws_?secret_?(?:access_?)?key){_ASSIGNED}(?P<secret>[A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])",
        3.5,
    ),
    _rule("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"(?<!\w)(?P<secret>gh[pousr]_[A-Za-z0-9]{36,255})(?!\w)"),
    _rule("github-fine-grained-token", "github_pat_", r"(?<!\w)(?P<secret>github_pat_\w{22}_\w{59})(?!\w)"),
    _rule("gitlab-token", "glpat-", r"(?<!\w)(?P<secret>glpat-[\w-]{20,100})"),
    _rule("slack-token", "xox", r"(?<!\w)(?P<secret>xox[abeoprs]-[A-Za-z0-9-]{10,250})"),
    _rule("slack-webhook", "hooks.slack.com", r"(?P<secret>https://hooks\.slack\.com/services/[A-Za-z0-9/]{40,50})"),
    _rule("stripe-key", "sk_live_ rk_live_", r"(?<!\w)(?P<secret>[rs]k_live_[A-Za-z0-9]{16,250})"),
    _rule("google-api-key", "AIza", r"(?<!\w)(?P<secret>AIza[\w-]{35})(?![\w-])", 3.0),
    _rule("google-oauth-token", "ya29.", r"(?<!\w)(?P<secret>ya29\.[\w-]{30,500})"),
    _rule("npm-token", "npm_", r"(?<!\w)(?P<secret>npm_[A-Za-z0-9]{36})(?!\w)"),
    _rule("npm-auth", "_authToken _auth", r"_auth(?:Token)?\s*=\s*(?P<secret>[^\s$\"'{}]{12,})"),
    _rule("pypi-token", "pypi-", r"(?<!\w)(?P<secret>pypi-AgEIcHlwaS5vcmc[\w-]{50,500})"),
    _rule("sendgrid-key", "SG.", r"(?<!\w)(?P<secret>SG\.[\w-]{22}\.[\w-]{43})"),
    _rule("twilio-key", "SK", r"(?<!\w)(?P<secret>SK[0-9a-f]{32})(?!\w)", 3.0),
    _rule("openai-key", "sk-", r"(?<!\w)(?P<secret>sk-(?:proj-|svcacct-)?[\w-]{20,160}T3BlbkFJ[\w-]{20,160})"),
    _rule("anthropic-key", "sk-ant-", r"(?<!\w)(?P<secret>sk-ant-[\w-]{40,200})"),
    _rule("azure-storage-key", "AccountKey", r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)"),
    _rule("vault-token", "hvs. hvb.", r"(?<!\w)(?P<secret>hv[sb]\.[\w-]{24,300})"),
    _rule("jwt", "eyJ", r"(?<!\w)(?P<secret>eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000})", 3.5),
    _rule("docker-auth", '"auth"', r'"auth"\s*:\s*"(?P<secret>[A-Za-z0-9+/]{12,}={0,2})"'),
    _rule(
        "url-password",
        "://",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'$<>{}]{1,64}:(?P<secret>[^\s:/@\"'$<>{}]{3,128})@[\w.-]+",
    ),
    _rule(
        "netrc-password", "password", r"^\s*(?:machine\s+\S+\s+)?(?:login\s+\S+\s+)?password\s+(?P<secret>\S{6,})\s*$"
    ),
    _rule(
        "assigned-secret",
        "PASS Pass pass PWD pwd SECRET Secret secret TOKEN Token token KEY Key key",
        rf"(?i:{_NAMED})[\w-]{{0,20}}{_ASSIGNED}(?P<secret>[^\s\"'`,;|$<>{{}}()\[\]]{{8,256}})",
        3.0,
    ),
)
"""Most specific first: a piece of text is reported by the first rule that finds it."""

_PLACEHOLDER = re.compile(
    r"(?i:example|sample|placeholder|change[-_]?me|dummy|your[-_]|my[-_]?(?:password|secret|token)|redacted|xxxx|\*{3,}|\.{3}"
    r"|todo|secret_?here|not[-_]?a[-_]?secret|insecure|12345678|abcdef|<[^>]*>|foobar|test(?:ing|key|token|secret|pass))"
)
_NOT_SECRET = re.compile(
    r"\A(?:true|false|none|null|undefined|required|optional|disabled|enabled|/[\w./-]+|[a-z]+://\S+|[\w.]+\.(?:pem|key|crt|json|ya?ml|txt|py|js)"
    r"|(?:os|process|self|this|config|settings|env|request|options)\.[\w.\[\]\"']+|[a-z_]+|[A-Z_]+|%[\w(){}]+%?[sd]?)\Z"
)
_PUBLIC_NAMES = re.compile(
    r"(?i)public_?key|gpg_?keys?\b|key_?(?:id|name|path|file|type|size|length|server|ring|usage|store)"
    r"|token_?(?:url|type|uri)|(?:secret|password)_?(?:name|arn|file|path)"
)
_SECRET_NAME = re.compile(rf"(?i)(?:^|[_.-]){_NAMED}(?:$|[_.-])")
_HARMLESS_VALUE = re.compile(r"\A(?:true|false|none|null|disabled|enabled|\d{1,9}|/\S*|[a-z]+://[^@]*|\$\S+)\Z")
_FROM_STORE = re.compile(r"\A(?:arn:aws|ssm:|vault:|secretsmanager:|ref\+|projects/)")
_KEY_WITH_BODY = re.compile(r"PRIVATE KEY(?: BLOCK)?-----\s*(?:\\n|[A-Za-z0-9+/=:,\r\n -]){64}")


def entropy(text: str) -> float:
    """Return the Shannon entropy of `text` in bits per character; 0.0 for the empty text."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def _allowed(rule: Rule, secret: str, before: str) -> bool:
    """Tell whether a match only looks like a secret."""
    if rule.name == "private-key":
        return False
    if _PLACEHOLDER.search(secret) or entropy(secret) < rule.entropy or len(set(secret)) < 4:
        return True
    if rule.name != "assigned-secret":
        return False
    return bool(_NOT_SECRET.match(secret) or _FROM_STORE.match(secret) or _PUBLIC_NAMES.search(before))


def redact(secret: str) -> str:
    """Return what may be shown of a secret: its first characters, at most four and a quarter of it."""
    shown = min(4, len(secret) // 4)
    return f"{secret[:shown]}…({len(secret)} characters)"


def find_in_line(line: str, rules: Sequence[Rule] = RULES) -> Iterator[tuple[str, str]]:
    """Yield rule name and secret of each secret in one line of text (an environment value, a line of the history)."""
    line = line[:LIMIT]
    taken: list[tuple[int, int]] = []
    for rule in rules:
        if not any(keyword in line for keyword in rule.keywords):
            continue
        for match in rule.pattern.finditer(line):
            start, end = match.span("secret")
            overlaps = any(start < other_end and other_start < end for other_start, other_end in taken)
            if not overlaps and not _allowed(rule, match["secret"], line[max(0, start - _CONTEXT) : start]):
                taken.append((start, end))
                yield rule.name, match["secret"]
            if len(taken) >= MAX_FOUND:
                return


def find_in_assignment(name: str, value: str) -> str:
    """Return the rule that finds a secret in `name=value` (an environment variable, a label), "" for none.

    A variable that is called a password or the like is believed, whatever its value looks like.
    """
    found = next((rule for rule, _ in find_in_line(f"{name}={value}")), "")
    if found or not _SECRET_NAME.search(name) or _PUBLIC_NAMES.search(name) or len(value) < 4:
        return found
    harmless = _HARMLESS_VALUE.match(value) or _FROM_STORE.match(value) or _PLACEHOLDER.search(value)
    return "" if harmless else "assigned-secret"


def find_secrets(path: str, content: bytes) -> tuple[SecretFact, ...]:
    """Return the secrets in a file, at most `MAX_FOUND`; binary content has none.

    A private key counts only with a body; its excerpt is the heading. Otherwise the excerpt is `redact`'s.
    """
    if b"\0" in content[:4096]:
        return ()
    text = content[:LIMIT].decode("utf-8", "replace")
    rules = [rule for rule in RULES if any(keyword in text for keyword in rule.keywords)]
    if not rules:
        return ()
    has_key = _KEY_WITH_BODY.search(text) is not None
    found: list[SecretFact] = []
    for number, line in enumerate(text.splitlines(), 1):
        for rule, secret in find_in_line(line, rules):
            if rule == "private-key" and not has_key:
                continue
            excerpt = secret if rule == "private-key" else redact(secret)
            found.append(SecretFact(rule, path, number, excerpt))
            if len(found) >= MAX_FOUND:
                return tuple(found)
    return tuple(found)


SUFFIXES = frozenset({
    ".env", ".ini", ".conf", ".cfg", ".cnf", ".properties", ".yml", ".yaml", ".json", ".toml", ".xml",
    ".tfvars", ".tfstate", ".sh", ".pem", ".key", ".ppk", ".txt", ".npmrc", ".pypirc", ".netrc", ".ovpn",
    ".secret", ".config",
})  # fmt: skip
NAMES = frozenset({
    ".env", ".npmrc", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".dockercfg", ".pgpass", ".my.cnf",
    ".boto", ".s3cfg", ".bash_history", ".zsh_history", ".python_history", ".bashrc", ".profile",
    ".bash_profile", "credentials", "config", "kubeconfig", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519",
    "settings.py", "Dockerfile", ".htpasswd", ".vault-token", "environment", "wp-config.php",
    "ssh_host_rsa_key", "ssh_host_ecdsa_key", "ssh_host_ed25519_key", "ssh_host_dsa_key",
})  # fmt: skip
STARTS = (".env.",)
"""Names, suffixes and beginnings of names of the files that are looked through."""
_SHIPPED = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|vendor|gems|testdata|__pycache__|certs|ca-certificates)/"
    r"|\A(?:usr/(?!local/(?:etc|app|src)/)|var/lib/(?!jenkins)|lib|proc|sys|etc/(?:ssl/certs|ca-certificates|pki|fonts|alternatives))"
)
"""Where distributions and package managers put files of theirs: no secrets of the image's maker, many false ones."""


def suspicious(path: str) -> bool:
    """Tell whether a small file of this path is to be looked through for secrets."""
    name = path[path.rfind("/") + 1 :]
    if name not in NAMES and not name.startswith(STARTS):
        dot = name.rfind(".")
        if dot < 0 or name[dot:].lower() not in SUFFIXES:
            return False
    return not _SHIPPED.search(path)
