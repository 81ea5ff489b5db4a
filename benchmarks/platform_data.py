"""A platform's database filled with synthetic data by COPY: a million open findings, and what they hang on.

Everything is drawn from a seeded generator, so two runs measure the same data.
"""

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg

from landwaiter.compliance.models import ControlResult
from landwaiter.images.models import ImageConfig
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import (
    ANALYSER_VERSION,
    Coverage,
    ImageSummary,
    Inventory,
    LayerSummary,
    Location,
    OsRelease,
    Package,
)
from landwaiter.matching.models import SEVERITIES, BundleInfo, Cvss, Finding, FindingPackage, Reason
from landwaiter.platform.images.packing import pack
from landwaiter.policy.models import Verdict

ACCOUNTS, REGIONS, CLUSTERS = 20, ("eu-west-1", "us-east-1"), 5
_POOL, _PER_IMAGE, _VULNERABILITIES = 20_000, 100, 8_000
_SEVERITY_WEIGHTS = (2, 18, 45, 25, 8, 2)


@dataclass(frozen=True)
class Size:
    """How much to make: `findings` an image, how many tasks run, how many have stopped, how many scans are kept."""

    images: int = 10_000
    findings: int = 100
    running: int = 20_000
    stopped: int = 80_000
    scans: int = 50_000


def digest(text: str) -> str:
    """Return a digest that a text determines."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class Filler:
    """Fills one empty, migrated database."""

    def __init__(self, connection: psycopg.Connection, size: Size, bundle: BundleInfo) -> None:
        """Take the connection, and the bundle that every assessment rests on."""
        self._connection = connection
        self._size = size
        self._bundle = bundle
        self._random = random.Random(7)
        self._now = datetime.now(UTC)

    def fill(self) -> None:
        """Write everything, in the order that foreign keys ask for, and let PostgreSQL count it."""
        for step in (self._packages, self._images, self._vulnerabilities, self._findings, self._tasks, self._scans):
            step()
        self._connection.commit()
        self._connection.autocommit = True
        self._connection.execute("VACUUM ANALYZE")

    def _copy(self, table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _ago(self, days: float) -> datetime:
        return self._now - timedelta(days=self._random.random() * days)

    def _packages(self) -> None:
        rows = (
            (key, "deb", f"package{key}", f"1.{key % 9}-{key % 5}", "amd64", f"pkg:deb/debian/package{key}", "")
            for key in range(1, _POOL + 1)
        )
        self._copy("packages", "id, type, name, version, arch, purl, source_name", rows)

    def _images(self) -> None:
        count = self._size.images
        names = {
            key: f"registry{key % 4}.example/team{key % 40}/service{key % 1000}:v{key}" for key in range(1, count + 1)
        }
        self._copy(
            "images",
            "id, digest, reference, repository, platform, os, packages, size, complete, analyser, first_seen, "
            "last_seen",
            ((key, digest(str(key)), name, name.rpartition(":")[0], "linux/amd64", "Debian GNU/Linux 12 (bookworm)",
              _PER_IMAGE, 90_000_000, True, ANALYSER_VERSION, self._ago(90), self._ago(30))
             for key, name in names.items()),
        )  # fmt: skip
        self._copy(
            "image_digests", "digest, platform, image_id", ((digest(str(key)), "linux/amd64", key) for key in names)
        )
        self._copy("image_references", "image_id, reference", names.items())
        chosen = {key: self._random.sample(range(1, _POOL + 1), _PER_IMAGE) for key in names}
        self._copy("image_packages", "package_id, image_id", ((one, key) for key in chosen for one in chosen[key]))
        self._copy(
            "inventories", "image_id, data", ((key, pack(_inventory(names[key], chosen[key], key))) for key in names)
        )
        self._copy(
            "variants",
            "image_id, task_definition_arn, container, results, verdict, detail, failed_controls, evaluated",
            ((key, _definition(key), "web", _CONTROLS, status, _verdict(status), 3, self._now)
             for key in names for status in [self._status(key)]),
        )  # fmt: skip
        self._copy(
            "assessments",
            "image_id, bundle_id, bundle, not_assessed, verdict, worst, critical, high, medium, low, negligible, "
            "unknown, kev, fixable, suppressed, failed_controls, assessed",
            ((key, self._bundle.id, msgspec.json.encode(self._bundle), b"[]", self._status(key), 0, 2, 18, 45, 25, 8, 2,
              1, 60, 0, 3, self._now) for key in names),
        )  # fmt: skip

    @staticmethod
    def _status(key: int) -> str:
        return ("fail", "fail", "pass", "not_assessed")[key % 4]

    def _vulnerabilities(self) -> None:
        rows = (
            (name, [f"GHSA-{key:012}"], _severity(key), key % 97 == 0, (key % 1000) / 1000, _CVSS,
             f"A flaw in package{key % _POOL} that lets an attacker do what they should not.", self._now)
            for key in range(1, _VULNERABILITIES + 1) for name in [_vulnerability(key)]
        )  # fmt: skip
        self._copy("vulnerabilities", "id, aliases, severity, kev, epss, cvss, summary, updated", rows)

    def _findings(self) -> None:
        columns = (
            "id, image_id, identity, fingerprint, vulnerability, package_type, package_name, package_version, severity,"
            " kev, epss, cvss, fixed, status, suppressed, detail, first_seen, last_seen, resolved"
        )
        self._copy("findings", columns, self._finding_rows())

    def _finding_rows(self) -> Iterable[tuple[object, ...]]:
        number = 0
        for image in range(1, self._size.images + 1):
            for key in self._random.sample(range(1, _VULNERABILITIES + 1), self._size.findings):
                number += 1
                finding, gone = _finding(key), number % 20 == 0
                resolved = self._ago(30) if gone else None
                yield (
                    number, image, number.to_bytes(16), f"{key:032}", finding.id, "deb", finding.package.name,
                    finding.package.version, _severity(key), finding.kev, finding.epss, 7.5, key % 3 != 0, "affected",
                    False, _encoded(key), self._ago(60), self._now, resolved,
                )  # fmt: skip

    def _tasks(self) -> None:
        total = self._size.running + self._size.stopped
        self._copy(
            "tasks",
            'id, task_arn, version, account, region, cluster_arn, "group", task_definition_arn, last_status, '
            "desired_status, launch_type, platform_version, availability_zone, architecture, started_at, "
            "stopped_reason, running, last_seen",
            (self._task(key) for key in range(1, total + 1)),
        )
        self._copy(
            "containers",
            "task_id, name, image, image_digest, platform, last_status, runtime_id, image_id, task_definition_arn, "
            "running",
            ((key, "web", f"registry.example/service:v{image}", digest(str(image)), "linux/amd64", "RUNNING", "", image,
              _definition(image), key > self._size.stopped)
             for key in range(1, total + 1) for image in [self._image_of(key)]),
        )  # fmt: skip
        self._copy(
            "task_events", "task_arn, version, status, source, event_id",
            ((_task_arn(key), version, "RUNNING", "event", f"{key}-{version}")
             for key in range(1, total + 1) for version in (1, 2)),
        )  # fmt: skip
        self._connection.execute("SELECT setval(pg_get_serial_sequence('tasks', 'id'), %s)", (total,))

    def _image_of(self, task: int) -> int:
        return task % self._size.images + 1

    def _task(self, key: int) -> tuple[object, ...]:
        runs = key > self._size.stopped
        status = "RUNNING" if runs else "STOPPED"
        return (
            key, _task_arn(key), 2, account_of(key), REGIONS[key % 2], cluster_of(key), f"service:web{key % 1000}",
            _definition(self._image_of(key)), status, status, "FARGATE", "1.4.0", f"{REGIONS[key % 2]}a", "amd64",
            self._ago(20), "", runs, self._ago(20),
        )  # fmt: skip

    def _scans(self) -> None:
        rows = (
            (f"scn-{key:024x}", f"{digest(str(image))} linux/amd64", "registry.example/x", digest(str(image)),
             "linux/amd64",
             "failed" if key % 50 == 0 else "assessed", 1 + key // self._size.images, account_of(key), REGIONS[key % 2],
             _task_arn(key), 2, self._now, image, "" if key % 50 else "The registry did not answer.", created, created,
             created)
            for key in range(1, self._size.scans + 1) for image, created in [(self._image_of(key), self._ago(60))]
        )  # fmt: skip
        self._copy(
            "scans",
            "id, lease_key, image, digest, platform, state, attempt, account, region, task_arn, task_version, "
            "lease_until, image_id, failure_what, created, updated, finished",
            rows,
        )


def account_of(key: int) -> str:
    """Return the account that a task runs in."""
    return f"{100_000_000_000 + key % ACCOUNTS}"


def cluster_of(key: int) -> str:
    """Return the cluster that a task runs in."""
    return f"arn:aws:ecs:{REGIONS[key % 2]}:{account_of(key)}:cluster/cluster{key % CLUSTERS}"


def _task_arn(key: int) -> str:
    return f"arn:aws:ecs:{REGIONS[key % 2]}:{account_of(key)}:task/cluster{key % CLUSTERS}/{key:032x}"


def _definition(image: int) -> str:
    return f"arn:aws:ecs:eu-west-1:{account_of(image)}:task-definition/service{image % 1000}:{image}"


def _vulnerability(key: int) -> str:
    return f"CVE-{2010 + key % 16}-{10_000 + key}"


def _severity(key: int) -> int:
    place = key * 61 % 100
    for rank, weight in enumerate(_SEVERITY_WEIGHTS):
        if place < weight:
            return rank
        place -= weight
    return 0


def _finding(key: int) -> Finding:
    name = f"package{key % _POOL}"
    package = FindingPackage(
        "deb", name, "1.0-1", f"pkg:deb/debian/{name}@1.0-1", (Location("var/lib/dpkg/status", 0),)
    )
    return Finding(
        id=_vulnerability(key),
        aliases=(f"GHSA-{key:012}",),
        package=package,
        severity=SEVERITIES[_severity(key)],
        cvss=Cvss("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        fixed_versions=("1.0-2",) if key % 3 else (),
        kev=key % 97 == 0,
        epss=(key % 1000) / 1000,
        reason=Reason("debian", f"DSA-{key}", "Debian:12", name, "1.0-1", ">=0, <1.0-2", "deb"),
        summary="A flaw that lets an attacker do what they should not.",
    )


_ENCODED: dict[int, bytes] = {}


def _encoded(key: int) -> bytes:
    if key not in _ENCODED:
        _ENCODED[key] = msgspec.json.encode(_finding(key))
    return _ENCODED[key]


def _inventory(reference: str, packages: list[int], image: int) -> Inventory:
    place = (Location("var/lib/dpkg/status", 0),)
    found = tuple(
        Package("deb", f"package{key}", f"1.{key % 9}-{key % 5}", f"pkg:deb/debian/package{key}", locations=place)
        for key in packages
    )
    layers = (
        LayerSummary(
            0, digest(f"layer {image % 50}"), digest(f"blob {image % 50}"), 90_000_000, "ADD rootfs.tar.xz /", base=True
        ),
    )
    summary = ImageSummary(reference, digest(str(image)), Platform(), layers, ImageConfig())
    return Inventory(
        summary, OsRelease("debian", "12", "Debian GNU/Linux 12 (bookworm)"), found, Coverage(complete=True)
    )


_CVSS = msgspec.json.encode(Cvss("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8))


def _verdict(status: str) -> bytes:
    return msgspec.json.encode(Verdict(status, ("2 findings of severity critical.",)))


_STATUSES = ("fail", "pass", "warn")
_RESULTS = tuple(
    ControlResult(
        "landwaiter", f"IMG-{number}", f"Control {number}", "high", "check", _STATUSES[number % 3], "Checked."
    )
    for number in range(40)
)
_CONTROLS = msgspec.json.encode(_RESULTS)
