"""`landwaiter scan` and `landwaiter explain` as a person calls them: a real folder, a real bundle, real exit codes."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landwaiter.cli.main import main

RECORDS = [
    ("flask", "2.2.5", "CVE-2026-0001", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
    ("requests", "", "CVE-2026-0002", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
    ("jinja2", "3.0.0", "CVE-2026-0003", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
]
INSTALLED = {"flask": "1.0", "jinja2": "3.1.2", "requests": "2.20.0", "=cmd()": "1.0"}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command line in a home of its own; answers exit code, standard output and standard error."""
    monkeypatch.setenv("LANDWAITER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return int(left.value.code or 0), output.out, output.err

    return call


@pytest.fixture
def root(tmp_path: Path) -> str:
    for name, version in INSTALLED.items():
        folder = tmp_path / "root" / "app" / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return f"rootfs:{tmp_path / 'root'}"


@pytest.fixture
def bundle(run: Run, tmp_path: Path) -> Path:
    feeds, out = tmp_path / "feeds", tmp_path / "advisories.bundle"
    (feeds / "osv" / "PyPI").mkdir(parents=True)
    fillers = [(f"other{number}", "1", f"CVE-2025-{number:04}", "") for number in range(100)]
    with zipfile.ZipFile(feeds / "osv" / "PyPI" / "all.zip", "w") as archive:
        for number, (name, fixed, cve, score) in enumerate((*RECORDS, *fillers), 1):
            archive.writestr(f"PYSEC-{number}.json", json.dumps(a_record(number, name, fixed, cve, score)))
    assert run("feeds", "build", "--feeds", feeds, "--out", out)[0] == 0
    return out


def a_record(number: int, name: str, fixed: str, cve: str, score: str) -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    package = {"ecosystem": "PyPI", "name": name}
    return {
        "id": f"PYSEC-{number}",
        "modified": "2026-01-01T00:00:00Z",
        "aliases": [cve],
        "severity": [{"type": "CVSS_V3", "score": score}] if score else [],
        "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }


def openvex(tmp_path: Path, cve: str, purl: str) -> Path:
    statement = {
        "vulnerability": {"name": cve},
        "products": [{"@id": purl}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }
    head = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "a", "version": 1}
    file = tmp_path / "vex.json"
    file.write_text(json.dumps({**head, "timestamp": "2026-01-01T00:00:00Z", "statements": [statement]}))
    return file


def policy(tmp_path: Path, text: str = "fail_on: never\nfail_on_kev: false\nmax_age_hours: 999999\n") -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    return file


def test_a_violated_policy_exits_with_1(run: Run, root: str, bundle: Path) -> None:
    code, out, err = run("scan", root, "--bundle", bundle)
    assert (code, err) == (1, "")
    assert out.startswith(" FAIL ")
    assert "upgrade flask 1.0 to 2.2.5: fixes 1 (1 critical)" in out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--fail-on", "critical"), 1),
        (("--fail-on", "high"), 1),
        (("--fail-on", "never"), 0),
    ],
)
def test_the_threshold(run: Run, root: str, bundle: Path, options: tuple[str, ...], code: int) -> None:
    assert run("scan", root, "--bundle", bundle, *options)[0] == code


def test_what_has_no_fix_may_be_left_out_of_the_verdict(run: Run, root: str, bundle: Path, tmp_path: Path) -> None:
    vex = openvex(tmp_path, "CVE-2026-0001", "pkg:pypi/flask")
    given = ("scan", root, "--bundle", bundle, "--vex", vex, "--policy", policy(tmp_path, "max_age_hours: 999999"))
    assert run(*given, "--fail-on", "high")[0] == 1
    code, out, _ = run(*given, "--fail-on", "high", "--ignore-unfixed")
    assert code == 0
    assert "CVE-2026-0002" in out


def test_silenced_findings_stay_visible_with_their_reason(run: Run, root: str, bundle: Path, tmp_path: Path) -> None:
    vex = openvex(tmp_path, "CVE-2026-0001", "pkg:pypi/flask")
    code, out, _ = run("scan", root, "--bundle", bundle, "--vex", vex)
    assert code == 0
    assert "Suppressed: 1" in out
    assert "not affected, vulnerable code not in execute path" in out


def test_a_wrong_option_unreadable_input_and_an_unreachable_registry(run: Run, root: str, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"SQLite" * 100)
    for arguments in (
        ("scan", root, "--fail-on", "terrible"),
        ("scan", tmp_path / "absent.tar"),
        ("scan", root, "--bundle", tmp_path / "broken"),
        ("scan", root, "--vex", tmp_path / "broken"),
        ("explain", root, "CVE-2026-0001"),
        ("explain", root, " "),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (2, ""), arguments
        assert "Traceback" not in err
    assert run("scan", "127.0.0.1:9/team/app:1")[0] == 3


def test_without_a_bundle_nothing_is_called_clean(run: Run, root: str) -> None:
    code, out, _ = run("scan", root)
    assert code == 0
    assert out.startswith(" NOT ASSESSED ")
    assert "There is no advisory bundle here" in out
    assert "no advisory data" in out
    assert "Findings: not assessed" in out
    assert "No vulnerability" not in out
    assert run("scan", root, "--strict")[0] == 1


@pytest.mark.parametrize("width", ["40", "72", "100", "200"])
def test_narrow_and_wide_terminals(
    run: Run, root: str, bundle: Path, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    _, out, _ = run("scan", root, "--bundle", bundle)
    assert max(map(len, out.splitlines())) <= int(width)
    assert "CVE-2026-0001" in out


def test_csv_has_no_formula(run: Run, root: str, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run("scan", root, "--bundle", bundle, "--format", "csv", "-o", out)[:2] == (1, "")
    rows = list(csv.reader(io.StringIO(out.read_text(), newline="")))
    assert {"CVE-2026-0001", "CVE-2026-0002"} <= {row[1] for row in rows}
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@"}]


@pytest.mark.parametrize("form", ["json", "sarif", "cyclonedx", "spdx", "openvex"])
def test_formats_for_programs_are_json_and_nothing_else(run: Run, root: str, bundle: Path, form: str) -> None:
    code, out, err = run("scan", root, "--bundle", bundle, "--format", form)
    assert (code, err) == (1, "")
    assert json.loads(out)


def test_explain_affected(run: Run, root: str, bundle: Path) -> None:
    code, out, err = run("explain", root, "CVE-2026-0001", "--bundle", bundle)
    assert (code, err) == (0, "")
    assert out.startswith(" AFFECTED ")
    assert "decides: PYSEC-1 (osv/PyPI, PyPI): affected: 1.0 < 2.2.5" in out
    assert "flask is affected >=0, <2.2.5" in out
    assert "fixed in 2.2.5" in out
    assert "from layer 0" in out
    assert "app/flask-1.0.dist-info/METADATA" in out


def test_explain_outside(run: Run, root: str, bundle: Path) -> None:
    _, out, _ = run("explain", root, "pysec-3", "--bundle", bundle)
    assert out.startswith(" NOT AFFECTED ")
    assert "3.1.2 >= 3.0.0 (fixed)" in out


def test_explain_no_such_package_and_no_record(run: Run, root: str, bundle: Path) -> None:
    _, out, _ = run("explain", root, "CVE-2025-0001", "--bundle", bundle)
    assert "the image has none of the packages its records speak of" in out
    assert "PyPI other1" in out
    _, out, _ = run("explain", root, "CVE-1999-0001", "--bundle", bundle)
    assert out.startswith(" NOT ASSESSED ")


def test_explain_silenced_as_json(run: Run, root: str, bundle: Path, tmp_path: Path) -> None:
    vex = openvex(tmp_path, "CVE-2026-0001", "pkg:pypi/flask")
    _, out, _ = run("explain", root, "CVE-2026-0001", "--bundle", bundle, "--vex", vex, "--format", "json")
    said = json.loads(out)
    assert (said["verdict"], said["affected"]) == ("suppressed", False)
    assert said["findings"][0]["suppressed"]["source"] == "urn:x"
    assert said["considered"][0]["comparison"] == "1.0 < 2.2.5"
    assert said["considered"][0]["layers"][0]["index"] == 0
    assert said["image"]["layers"]


@pytest.mark.parametrize("command", ["scan", "explain"])
def test_help_has_examples(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Examples:" in out
