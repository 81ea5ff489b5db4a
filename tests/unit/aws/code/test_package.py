import hashlib
import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from landwaiter.aws.code import package
from landwaiter.errors import InputError
from landwaiter.sandbox import python_home


def content(artifact: package.Artifact) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(artifact.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> package.JobArtifact:
    return package.job_zip(tmp_path_factory.mktemp("cache"))


def test_the_triggers_zip_is_small_reproducible_and_ours_alone() -> None:
    artifact = package.trigger_zip()
    assert len(artifact.content) < 200_000
    assert artifact == package.trigger_zip()
    assert artifact.key == f"trigger-{hashlib.sha256(artifact.content).hexdigest()[:16]}.zip"
    files = content(artifact)
    assert "landwaiter/trigger/handler.py" in files
    rooms = {name.split("/")[1] for name in files}
    assert rooms <= {"__init__.py", "py.typed", "events", "trigger"}


def test_the_handler_can_be_imported_from_its_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package.trigger_zip().content)) as archive:
        archive.extractall(tmp_path / "task")
    runtime = python_home.lambda_runtime(tmp_path / "runtime")
    shown = subprocess.run(
        [*python_home.python_command(), "-c", "from landwaiter.trigger.handler import handle; print(callable(handle))"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{tmp_path / 'task'}:{runtime}"},
        cwd=tmp_path,
    )
    assert shown.stdout == "True\n"


def test_the_layer_puts_the_certificate_where_the_parameter_says() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    assert content(package.root_ca_layer(pem)) == {"custom-root-ca.cert": pem}
    assert package.root_ca_path() == "/opt/custom-root-ca.cert"
    with pytest.raises(InputError, match="no PEM certificate"):
        package.root_ca_layer(b"\x30\x82")


def test_the_jobs_sums_name_every_file(job: package.JobArtifact) -> None:
    files = content(job)
    sums = files.pop("SHA256SUMS")
    assert hashlib.sha256(sums).hexdigest() == job.sums_sha256
    told = dict(line.split("  ", 1)[::-1] for line in sums.decode().splitlines())
    assert told == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_the_jobs_zip_says_for_which_processor_it_is(job: package.JobArtifact, tmp_path: Path) -> None:
    own = package.own_architecture()
    assert job.architecture == own
    assert package.job_zip(tmp_path, architecture=own) == job
    with pytest.raises(InputError, match="no processor of AWS"):
        package.job_zip(tmp_path, architecture="riscv64")


def test_the_job_carries_what_it_imports_and_no_more(job: package.JobArtifact) -> None:
    files = content(job)
    top = {name.split("/")[0] for name in files}
    assert {"landwaiter", "msgspec", "isal", "zstandard", "httpx2", "httpcore2"} <= top
    assert top.isdisjoint({"fastapi", "sqlalchemy", "ministack", "pytest", "click"})
    rooms = {name.split("/")[1] for name in files if name.startswith("landwaiter/")}
    assert rooms.isdisjoint({"platform", "sandbox", "aws", "cli", "advisories", "matching"})
    assert not [name for name in files if name.endswith((".pyc", ".pyi"))]
    assert len(job.content) < 20_000_000


def test_the_jobs_zip_is_reproducible_and_cached(job: package.JobArtifact, tmp_path: Path) -> None:
    again = package.job_zip(tmp_path)
    assert again == job
    stored = tmp_path / f"job-{job.sums_sha256}.zip"
    assert stored.read_bytes() == job.content
    before = stored.stat().st_mtime_ns
    assert package.job_zip(tmp_path) == job
    assert stored.stat().st_mtime_ns == before


def test_the_job_starts_where_nothing_else_is_installed(job: package.JobArtifact, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(job.content)) as archive:
        archive.extractall(tmp_path)
    shown = subprocess.run(
        [*python_home.python_command(), "-m", "landwaiter.scan"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
    )
    assert shown.returncode == 2
    assert "LANDWAITER_PLATFORM_URL is not set" in shown.stderr
    assert "Traceback" not in shown.stderr
