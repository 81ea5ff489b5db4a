"""AWS Security Finding Format (version 2018-10-08) for Security Hub, in batches that BatchImportFindings takes.

Written as one JSON object a line, each the input of one call (`--cli-input-json` of `batch-import-findings`).
Account and region are what is given, else those of the image's ECR repository, else of the environment.
"""

import os
import re
from collections.abc import Iterator

import msgspec

from landwaiter.compliance.models import ControlResult
from landwaiter.errors import InputError
from landwaiter.matching.models import Finding
from landwaiter.policy.evaluate import has_fix
from landwaiter.reports import asff_models as asff
from landwaiter.reports.escape import shortened, visible
from landwaiter.reports.image_name import repository
from landwaiter.reports.models import ScanReport

LARGEST_BATCH = 240_000
"""Bytes of JSON in a batch."""
MOST_FINDINGS = 100
"""Findings in a batch."""
_ECR = re.compile(r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")
_LABELS = {"critical": "CRITICAL", "high": "HIGH", "medium": "MEDIUM", "low": "LOW", "negligible": "INFORMATIONAL"}
_STATUSES = {"pass": "PASSED", "inherited": "PASSED", "warn": "WARNING", "fail": "FAILED"}
_MANAGERS = {"deb": "OS", "rpm": "OS", "apk": "OS", "alpm": "OS", "pypi": "PYTHON", "npm": "NPM", "maven": "MAVEN"}


class Destination(msgspec.Struct, frozen=True):
    """The Security Hub that findings go to."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The AWS partition of the region."""
        prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for prefix, name in prefixes.items() if self.region.startswith(prefix)), "aws")

    @property
    def product_arn(self) -> str:
        """The ARN under which an account imports findings of its own tools."""
        return f"arn:{self.partition}:securityhub:{self.region}:{self.account}:product/{self.account}/default"


def render(report: ScanReport, *, account: str = "", region: str = "") -> str:
    """Return a batch on each line. Raises InputError when account or region are neither given nor told by the image."""
    return "".join(f"{batch.decode()}\n" for batch in batches(report, destination(report, account, region)))


def destination(report: ScanReport, account: str = "", region: str = "") -> Destination:
    """Return where the findings go: what is given, else the image's ECR repository, else the environment.

    Raises InputError when none of them tells.
    """
    told = _ECR.match(report.inventory.image.reference)
    chosen = Destination(
        account or (told["account"] if told else os.environ.get("AWS_ACCOUNT_ID", "")),
        region or (told["region"] if told else os.environ.get("AWS_REGION", "")),
    )
    if not re.fullmatch(r"\d{12}", chosen.account) or not re.fullmatch(r"[a-z]{2}(?:-[a-z0-9]+){2,4}", chosen.region):
        raise InputError(
            "Security Hub findings need an AWS account and a region, which the image's name does not tell.",
            "Name the image by its ECR repository, or set AWS_ACCOUNT_ID and AWS_REGION.",
        )
    return chosen


def batches(report: ScanReport, to: Destination) -> Iterator[bytes]:
    """Yield the JSON of each batch: at most `MOST_FINDINGS` findings and `LARGEST_BATCH` bytes."""
    head, foot = b'{"Findings":[', b"]}"
    waiting: list[bytes] = []
    size = len(head) + len(foot)
    for finding in findings(report, to):
        encoded = msgspec.json.encode(finding)
        if waiting and (len(waiting) == MOST_FINDINGS or size + len(encoded) + 1 > LARGEST_BATCH):
            yield head + b",".join(waiting) + foot
            waiting, size = [], len(head) + len(foot)
        waiting.append(encoded)
        size += len(encoded) + 1
    if waiting:
        yield head + b",".join(waiting) + foot


def findings(report: ScanReport, to: Destination) -> Iterator[asff.Finding]:
    """Yield the report's findings and compliance results; one that is suppressed is archived."""
    for finding in report.assessment.findings if report.assessment else ():
        yield _vulnerability(report, to, finding)
    for item in report.compliance:
        if item.status not in {"not_applicable", "error"}:
            yield _control(report, to, item)


def _vulnerability(report: ScanReport, to: Destination, finding: Finding) -> asff.Finding:
    package = finding.package
    name = f"{package.name} {package.version}"
    key = finding.fingerprint or f"{finding.id}/{package.purl}"
    silenced = finding.suppressed
    return asff.Finding(
        **_common(report, to, key),
        types=("Software and Configuration Checks/Vulnerabilities/CVE",),
        severity=asff.Severity(_LABELS.get(finding.severity, "MEDIUM"), _required(finding.severity, 64)),
        title=_required(f"{finding.id} in {name}", 256),
        description=_required(finding.summary or f"{finding.id} affects {name}.", 1024),
        remediation=_remediation(_advice(finding), finding.reason.url),
        product_fields=_fields(
            {
                "landwaiter/range": finding.reason.range,
                "landwaiter/record": finding.reason.record,
                "landwaiter/kev": "true" if finding.kev else "false",
                "landwaiter/suppressed": f"{silenced.status}: {silenced.justification}" if silenced else "",
            }
        ),
        vulnerabilities=(_details(finding),),
        record_state="ARCHIVED" if silenced else "ACTIVE",
    )


def _details(finding: Finding) -> asff.Vulnerability:
    package = finding.package
    fixed = finding.fixed_versions[0] if has_fix(finding) else ""
    return asff.Vulnerability(
        id=_required(finding.id, 128),
        vulnerable_packages=(
            asff.VulnerablePackage(
                name=_required(package.name, 128),
                version=_text(package.version, 128),
                file_path=_text(package.locations[0].path, 512) if package.locations else "",
                fixed_in_version=_text(fixed, 128),
                package_manager=_MANAGERS.get(package.type, _required(package.type.upper(), 64)),
            ),
        ),
        cvss=_cvss(finding),
        related_vulnerabilities=tuple(filter(None, (_text(alias, 128) for alias in finding.aliases[:20]))),
        vendor=asff.Vendor(_required(finding.reason.feed or "unknown", 128), _web(finding.reason.url)),
        fix_available="YES" if has_fix(finding) else "NO",
        exploit_available="YES" if finding.kev else "",
        epss_score=finding.epss,
    )


def _cvss(finding: Finding) -> tuple[asff.Cvss, ...]:
    cvss = finding.cvss
    return (asff.Cvss(_required(cvss.version, 16), cvss.score, _required(cvss.vector, 256)),) if cvss else ()


def _control(report: ScanReport, to: Destination, item: ControlResult) -> asff.Finding:
    evidence = f" {'; '.join(item.evidence)}" if item.evidence else ""
    failed = item.status in {"fail", "warn"}
    label = _LABELS.get(item.severity, "MEDIUM") if failed else "INFORMATIONAL"
    control = f"{item.benchmark} {item.control}"
    return asff.Finding(
        **_common(report, to, control),
        types=("Software and Configuration Checks/Industry and Regulatory Standards",),
        severity=asff.Severity(label, _required(item.severity, 64)),
        title=_required(f"{control}: {item.title}", 256),
        description=_required(f"{item.message}{evidence}", 1024),
        remediation=_remediation(item.remediation, ""),
        compliance=asff.Compliance(
            _STATUSES.get(item.status, "NOT_AVAILABLE"), tuple(_text(name, 64) for name in (control, *item.also[:31]))
        ),
        record_state="ACTIVE",
    )


def _common(report: ScanReport, to: Destination, key: str) -> asff.Common:
    image = report.inventory.image
    where = image.digest or repository(image)
    return asff.Common(
        schema_version="2018-10-08",
        id=_required(f"landwaiter/{to.region}/{to.account}/{where}/{key}", 512),
        product_arn=to.product_arn,
        generator_id="landwaiter",
        aws_account_id=to.account,
        created_at=report.created,
        updated_at=report.created,
        resources=(_resource(report, to),),
    )


def _resource(report: ScanReport, to: Destination) -> asff.Resource:
    image = report.inventory.image
    told = asff.Container(_text(image.digest, 512), _text(image.reference, 512))
    return asff.Resource("Container", _required(image.reference, 512), to.partition, to.region, asff.Details(told))


def _advice(finding: Finding) -> str:
    name = finding.reason.package or finding.package.name
    if has_fix(finding):
        return f"Upgrade {name} to {' or '.join(finding.fixed_versions)}."
    return "There is no fix yet."


def _remediation(text: str, url: str) -> asff.Remediation | None:
    return asff.Remediation(asff.Recommendation(_required(text, 512), _web(url))) if text else None


def _fields(named: dict[str, str]) -> dict[str, str]:
    return {name: text for name, value in named.items() if (text := _text(value, 1024))}


def _text(text: str, length: int) -> str:
    return shortened(visible(text).strip(), length)


def _required(text: str, length: int) -> str:
    """Return text where the format demands some."""
    return _text(text, length) or "unknown"


def _web(url: str) -> str:
    return _text(url, 1024) if url.startswith(("https://", "http://")) and len(url) <= 512 else ""
