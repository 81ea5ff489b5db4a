import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.secrets import (
    LIMIT,
    MAX_FOUND,
    entropy,
    find_in_assignment,
    find_in_line,
    find_secrets,
    redact,
    suspicious,
)

# Put together at run time, so that no secret scanner takes these for real ones.
AWS_ID = "AKIA" + "Q3EGRIKT7WZX2JPL"
AWS_SECRET = "kT9vLq2Zx8Rw4Yp1" + "Nc7Bd5Fg3Hj6Ks0Mu/+Ea9iO"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
SLACK = "xoxb-" + "2847561930-A8sk2Lq9Xz"
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + ("MIIEowIBAAKCAQEAx7Jq9vTz" * 3 + "\n") * 4
    + "-----END RSA PRIVATE KEY-----\n"
)


def rules(text):
    return [rule for rule, _ in find_in_line(text)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"aws_access_key_id = {AWS_ID}", "aws-access-key-id"),
        (f"aws_secret_access_key={AWS_SECRET}", "aws-secret-access-key"),
        (f"RUN git clone https://{GITHUB}@github.com/x/y", "github-token"),
        (f"SLACK={SLACK}", "slack-token"),
        ("//registry.example/:_authToken=3f0c9c7e-7a51-4f0e-b0e9-5d1c2f", "npm-auth"),
        ("DATABASE_URL=postgres://app:Zk8wPq2mLx@db.internal:5432/app", "url-password"),
        ('{"auth": "YWxpY2U6aHVudGVyMmh1bnRlcg=="}', "docker-auth"),
        ("machine example.org login alice password Zk8wPq2mLx", "netrc-password"),
        ("db_password: Zk8wPq2mLx!", "assigned-secret"),
        ("ClientSecret = 'p9Xk2mQw7LzT'", "assigned-secret"),
        ("AccountKey=" + "a1B2c3D4" * 10 + "a1B2c3==", "azure-storage-key"),
    ],
)
def test_what_is_found(line, rule):
    assert rules(line) == [rule]


@pytest.mark.parametrize(
    "line",
    [
        "password: ${DB_PASSWORD}",
        "password=changeme",
        "password = os.environ['PASSWORD']",
        "api_key: <your-api-key>",
        "token_url: https://example.org/oauth/token1234",
        "secret_key_file=/run/secrets/key.pem",
        "com.sun.management.jmxremote.authenticate=true|false",
        "password=aaaaaaaaaaaa",
        "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        f"AKIA{'A' * 16}",
        "secret: arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Zk8wPq",
        "postgres://user:password123456789012345678@",
        "see https://example.org/a:b",
        '"integrity": "sha512-zGyNxn1tT3Gdxn3sKE7YqTzq0sPu1Nc5v4dXx0v8Q=="',
    ],
)
def test_what_only_looks_like_one(line):
    assert rules(line) == []


def test_each_secret_is_told_once():
    assert rules(f"token={GITHUB} password={GITHUB}") == ["github-token", "github-token"]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("DB_PASSWORD", "hunter", "assigned-secret"),
        ("API_TOKEN", "abcd", "assigned-secret"),
        ("GITHUB", GITHUB, "github-token"),
        ("DB_PASSWORD", "", ""),
        ("DB_PASSWORD_FILE", "/run/secrets/db", ""),
        ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:1:secret:x", ""),
        ("PASSWORD_MIN", "12", ""),
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D", ""),
        ("PATH", "/usr/bin:/bin", ""),
        ("TOKENIZER", "wordpiece-large", ""),
    ],
)
def test_environment_variables(name, value, rule):
    assert find_in_assignment(name, value) == rule


def test_a_file_gives_line_and_redacted_excerpt():
    (found,) = find_secrets("app/.env", f"# settings\nexport GITHUB_TOKEN={GITHUB}\n".encode())
    assert (found.rule, found.path, found.line) == ("github-token", "app/.env", 2)
    assert GITHUB not in found.excerpt
    assert found.excerpt.startswith("ghp_")


def test_a_private_key_needs_a_body():
    (found,) = find_secrets("root/.ssh/id_rsa", KEY.encode())
    assert (found.rule, found.excerpt) == ("private-key", "-----BEGIN RSA PRIVATE KEY-----")
    assert find_secrets("x.pem", b"the marker is -----BEGIN PRIVATE KEY-----\n") == ()


def test_binary_files_have_none():
    assert find_secrets("x.key", b"\0" + KEY.encode()) == ()


def test_at_most_so_many_are_told():
    content = "\n".join(f"password: Zk8wPq{n:04}mLx!" for n in range(MAX_FOUND + 20))
    assert len(find_secrets("x.conf", content.encode())) == MAX_FOUND


@pytest.mark.parametrize(
    "path",
    ["app/.env", "root/.ssh/id_rsa", "app/config/prod.yml", "root/.npmrc", ".env.local", "etc/ssh/ssh_host_rsa_key"],
)
def test_where_to_look(path):
    assert suspicious(path)


@pytest.mark.parametrize(
    "path", ["usr/share/doc/x.conf", "app/node_modules/x/test/key.pem", "etc/ssl/certs/a.pem", "app/main.py", "app/x"]
)
def test_where_not_to_look(path):
    assert not suspicious(path)


@given(st.text(max_size=100))
def test_redaction_hides_three_quarters(secret):
    shown = redact(secret).partition("…")[0]
    assert secret.startswith(shown)
    assert len(shown) <= len(secret) / 4


def test_entropy():
    assert entropy("") == 0
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2


@pytest.mark.parametrize(
    "piece",
    [
        "sk-",
        "eyJa",
        "-----BEGIN PRIVATE KEY-----",
        "secret",
        "password=",
        "a" * 100 + "key",
        "x://",
        "xox",
        "SG.",
        '"auth":"',
        "ghp_a",
    ],
)
def test_hostile_text_takes_no_long_time(piece):
    content = (piece * LIMIT)[:LIMIT].encode()
    started = time.process_time()
    find_secrets("x.conf", content)
    assert time.process_time() - started < 5


@settings(max_examples=200)
@given(st.binary(max_size=500))
def test_random_bytes(content):
    for found in find_secrets("x.conf", content):
        assert found.line >= 1
