import pytest

from landwaiter.compliance.checks.check import NoParameters
from landwaiter.compliance.checks.secrets import image_secrets
from landwaiter.compliance.redaction import redacted, redacted_assignment
from landwaiter.inventory.models import FileEvidence, FileFact, Note, SecretFact

TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5"
PASSWORD = "vT9#kQ2mX7pL4wZ8"


@pytest.mark.parametrize(
    "settings",
    [
        {"env": (f"GITHUB={TOKEN}",)},
        {"env": (f"DB_PASSWORD={PASSWORD}",)},
        {"labels": {"com.example.token": TOKEN}},
        {"history": ("ADD a.tar /", f"RUN |1 T={TOKEN} /bin/sh -c make # buildkit")},
        {"history": ("ADD a.tar /", (f"ENV DB_PASSWORD={PASSWORD}", True))},
        {"history": ("ADD a.tar /", (f"ARG TOKEN={TOKEN}", True))},
        {
            "files": FileEvidence(
                secrets=(SecretFact("private-key", "root/.ssh/id_rsa", 1, "-----BEGIN RSA PRIVATE KEY-----"),)
            )
        },
    ],
    ids=["env", "env-by-name", "label", "history-arg", "history-env", "history-build-arg", "deleted-file"],
)
def test_secrets_fail_and_are_not_shown(evidence, settings):
    found = image_secrets(evidence(**settings), NoParameters())
    assert found.status == "fail"
    assert TOKEN not in str(found)
    assert PASSWORD not in str(found)


@pytest.mark.parametrize(
    "env",
    [
        ("PATH=/usr/bin:/bin",),
        ("GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",),
        ("DB_PASSWORD_FILE=/run/secrets/db",),
        ("PASSWORD=",),
        ("NOVALUE",),
    ],
)
def test_ordinary_settings_are_no_secrets(evidence, env):
    assert image_secrets(evidence(env=env), NoParameters()).status == "pass"


def test_an_environment_without_end_is_not_assessed(evidence):
    found = image_secrets(evidence(env=tuple(f"V{number}=" + "a b " * 250 for number in range(2000))), NoParameters())
    assert (found.status, found.message.rpartition(". ")[2]) == (
        "not_assessed",
        "Environment and labels are too large to be read.",
    )


def test_files_named_as_credentials_warn(evidence):
    files = FileEvidence(notable=(FileFact("root/.aws/credentials", 0o600, kind="credential"),))
    assert image_secrets(evidence(files=files), NoParameters()).evidence == ("/root/.aws/credentials",)


@pytest.mark.parametrize(
    "settings",
    [
        {"history": None, "layers": 1},
        {"config": False, "digest": ""},
        {"notes": [Note("unreadable-layer", "Truncated.", layer=0)]},
    ],
)
def test_no_pass_from_what_was_not_seen(evidence, settings):
    assert image_secrets(evidence(**settings), NoParameters()).status == "not_assessed"


def test_redacted_text_keeps_what_is_no_secret():
    assert redacted("RUN make") == "RUN make"
    assert redacted(f"RUN curl -H {TOKEN} x") == "RUN curl -H ghp_…(40 characters) x"
    assert PASSWORD not in redacted_assignment("DB_PASSWORD", PASSWORD)
    assert redacted_assignment("PATH", "/bin") == "PATH=/bin"
