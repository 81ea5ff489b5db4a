"""Write docs/reference/settings.md from the platform's settings: `python docs/settings_reference.py`."""

import ast
import inspect
import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.platform import settings
from landwaiter.platform.settings import PREFIX, Settings
from landwaiter.policy.models import Policy

PAGE = Path(__file__).parent / "reference" / "settings.md"

_HEAD = """\
# The platform's settings

<!-- Written by docs/settings_reference.py from the code; change that instead. -->

Settings come from a TOML file that `LANDWAITER_CONFIG` or `--config` names, and from the environment, which overrides
the file. A setting `port` is written `port = 8443` in the file and `LANDWAITER_PORT=8443` in the environment, where
lists are separated by commas. A key that is no setting is refused, as is a value out of its bounds: the platform does
not start with settings that it does not understand.

```toml
data = "/var/lib/landwaiter"
host = "0.0.0.0"
tls_certificate = "/etc/landwaiter/server.pem"
tls_key = "/etc/landwaiter/server.key"

[policy]
fail_on = "high"
ignore_unfixed = true
```

| in the file | in the environment | default | what |
| --- | --- | --- | --- |
"""

_POLICY = """
## The policy

`[policy]` is a table of the file; it cannot be set in the environment. The same keys stand in the policy files of
`landwaiter scan`, which [Compliance](compliance.md) describes.

| key | default |
| --- | --- |
"""


def page() -> str:
    """Return the page."""
    return _HEAD + "\n".join(_rows()) + "\n" + _POLICY + "\n".join(_policy()) + "\n"


def _rows() -> Iterator[str]:
    told = dict(_told())
    for field in msgspec.structs.fields(Settings):
        variable = f"`{PREFIX}{field.name.upper()}`" if field.name != "policy" else ""
        yield f"| `{field.name}` | {variable} | {_default(field)} | {told[field.name]} |"


def _policy() -> Iterator[str]:
    for field in msgspec.structs.fields(Policy):
        yield f"| `{field.name}` | `{msgspec.json.encode(field.default).decode()}` |"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.name == "data":
        return "`$LANDWAITER_HOME`, else `~/.local/share/landwaiter`"
    if field.name == "policy":
        return "see below"
    if field.default in {None, "", ()}:
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _told() -> Iterator[tuple[str, str]]:
    """Yield each setting with the text that follows it in the source."""
    tree = ast.parse(inspect.getsource(settings))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    for node, following in itertools.pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(following, ast.Expr):
            yield node.target.id, " ".join(ast.literal_eval(following.value).split())


if __name__ == "__main__":
    PAGE.write_text(page())
