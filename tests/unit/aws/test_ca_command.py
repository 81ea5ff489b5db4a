"""`landwaiter aws ca check` as a person and as a pipeline see it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landwaiter.cli.main import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["aws", "ca", *map(str, arguments)])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


def test_the_chain_is_shown_as_a_browser_shows_it(pki: Any, serve: Any, run: Any) -> None:
    root = pki.make("Company Root", days=(-10, 30.5))
    url, _ = serve(pki.server(root), root)
    code, out, err = run("check", url)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "Server: CN=server"
    assert "  issued by    CN=Company Root" in lines
    assert "  for          localhost, 127.0.0.1" in lines
    assert any(line.startswith("Issuer: CN=Company Root") for line in lines)
    assert any(line.startswith("custom (custom-root): ") for line in lines)
    assert "in 30 days" in lines[-1]
    assert "landwaiter aws ca publish FILE" in out


def test_with_the_right_root_it_is_proved(pki: Any, serve: Any, run: Any, tmp_path: Path) -> None:
    root = pki.make("Root")
    url, _ = serve(pki.server(root), root)
    file = tmp_path / "root.der"
    file.write_bytes(root.der)
    code, out, _ = run("check", url, "--root-ca", file, "--format", "json")
    report = json.loads(out)
    assert code == 0
    assert (report["verdict"], report["stores"]["given"]) == ("custom", True)
    assert report["chain"][1]["sha256"] == report["root"]["sha256"]


def test_exit_codes(pki: Any, serve: Any, run: Any, tmp_path: Path) -> None:
    url, _ = serve(pki.server(None))
    code, out, _ = run("check", url)
    assert code == 1
    assert "broken (self-signed)" in out
    code, out, _ = run("check", "https://no-such-host.invalid", "--format", "json")
    assert (code, json.loads(out)["reason"]) == (3, "unknown-host")
    code, out, err = run("check", "http://example.org")
    assert (code, out) == (2, "")
    assert "not an https:// address" in err
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(pki.server(pki.make("Root")).pem)
    code, _, err = run("check", url, "--root-ca", leaf)
    assert code == 2
    assert f"{leaf}: Certificate 1 (CN=server) is a server's certificate" in err
    code, _, err = run("check", url, "--root-ca", tmp_path / "missing.pem")
    assert code == 2
    assert "missing.pem cannot be opened" in err


def test_publish_wants_files_or_undo(run: Any) -> None:
    code, _, err = run("publish", "--region", "us-east-1")
    assert code == 2
    assert "--undo without files" in err


def test_foreign_text_does_not_steer_the_terminal(pki: Any, serve: Any, run: Any) -> None:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "\x1b[2Jevil")])
    root = pki.make("", subject=subject)
    url, _ = serve(pki.server(root), root)
    _, out, _ = run("check", url)
    assert "\x1b" not in out
    assert "evil" in out
