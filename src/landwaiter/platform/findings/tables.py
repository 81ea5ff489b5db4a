"""What is wrong with an image: its assessment, its findings and their life, the results of compliance, verdicts."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from landwaiter.platform.store.base import Base, Time

URGENT = "resolved IS NULL AND fixed AND NOT suppressed AND (severity = 0 OR kev)"
"""Critical and known exploited findings that an upgrade removes: the predicate of their index."""


class AssessmentRow(Base):
    """The newest assessment of an image, with its counts for lists. `not_assessed` is JSON of a list of NotAssessed."""

    __tablename__ = "assessments"
    __table_args__ = (Index("ix_assessments_bundle", "bundle_id"), Index("ix_assessments_worst", "worst", "image_id"))

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), primary_key=True)
    bundle_id: Mapped[str]
    """"" where no advisory data was at hand."""
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON of `matching.models.BundleInfo`."""
    not_assessed: Mapped[bytes] = mapped_column(LargeBinary)
    verdict: Mapped[str]
    """The most severe verdict over the image's variants."""
    worst: Mapped[int] = mapped_column(SmallInteger)
    """Rank of the most severe open finding (0 critical … 5 unknown), 6 where there is none."""
    critical: Mapped[int]
    high: Mapped[int]
    medium: Mapped[int]
    low: Mapped[int]
    negligible: Mapped[int]
    unknown: Mapped[int]
    kev: Mapped[int]
    fixable: Mapped[int]
    suppressed: Mapped[int]
    failed_controls: Mapped[int]
    stale: Mapped[bool] = mapped_column(server_default="false")
    """Whether the data was too old for the policy when the verdict was given."""
    assessed: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class FindingRow(Base):
    """One vulnerability in one package of one image. It is open while `resolved` is NULL."""

    __tablename__ = "findings"
    __table_args__ = (
        UniqueConstraint("image_id", "identity"),
        Index("ix_findings_image", "image_id", "severity", "vulnerability", "id"),
        Index(
            "ix_findings_open_vulnerability",
            "vulnerability",
            "image_id",
            postgresql_where="resolved IS NULL",
            postgresql_include=["fixed", "first_seen"],
        ),
        Index("ix_findings_open_severity", "severity", "id", postgresql_where="resolved IS NULL"),
        Index("ix_findings_open_kev", "first_seen", postgresql_where="resolved IS NULL AND kev"),
        Index("ix_findings_open_package", "package_name", "package_type", postgresql_where="resolved IS NULL"),
        Index("ix_findings_fingerprint", "fingerprint", "image_id"),
        Index("ix_findings_first_seen", "first_seen"),
        Index("ix_findings_resolved", "resolved", postgresql_where="resolved IS NOT NULL"),
        Index(
            "ix_findings_urgent",
            "package_type",
            "package_name",
            "package_version",
            "vulnerability",
            "image_id",
            postgresql_where=URGENT,
            postgresql_include=["severity", "kev", "id"],
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    identity: Mapped[bytes] = mapped_column(LargeBinary)
    """16 bytes of SHA-256 over vulnerability, package (type, name, version) and its first path."""
    fingerprint: Mapped[str]
    vulnerability: Mapped[str]
    package_type: Mapped[str]
    package_name: Mapped[str]
    package_version: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    kev: Mapped[bool]
    epss: Mapped[float | None]
    cvss: Mapped[float | None]
    fixed: Mapped[bool]
    status: Mapped[str]
    suppressed: Mapped[bool]
    detail: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON of `matching.models.Finding`."""
    first_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    """When the lineage of the image first showed it, not only this digest."""
    last_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    resolved: Mapped[datetime | None] = mapped_column(Time)
    """When an assessment no longer found it (the advisory was corrected or withdrawn, VEX, newer data)."""
    reopened: Mapped[datetime | None] = mapped_column(Time)
    """When it came back after it had been resolved, the last time it did."""


class VulnerabilityRow(Base):
    """What is known of a vulnerability, from the newest finding that told of it."""

    __tablename__ = "vulnerabilities"
    __table_args__ = (Index("ix_vulnerabilities_severity", "severity", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    severity: Mapped[int] = mapped_column(SmallInteger)
    kev: Mapped[bool]
    epss: Mapped[float | None]
    cvss: Mapped[bytes | None] = mapped_column(LargeBinary)
    summary: Mapped[str]
    updated: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class VariantRow(Base):
    """An image as one container of one task definition runs it: its compliance results and its verdict.

    Both names are "" for the image alone, which is evaluated where no task is known to run it.
    """

    __tablename__ = "variants"
    __table_args__ = (PrimaryKeyConstraint("image_id", "task_definition_arn", "container"),)

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    task_definition_arn: Mapped[str]
    container: Mapped[str]
    results: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON of a list of `compliance.models.ControlResult`."""
    verdict: Mapped[str]
    detail: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON of `policy.models.Verdict`."""
    failed_controls: Mapped[int]
    evaluated: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class ComplianceRow(Base):
    """The status of one control for one variant, for lists over all images."""

    __tablename__ = "compliance_results"
    __table_args__ = (
        PrimaryKeyConstraint("image_id", "task_definition_arn", "container", "benchmark", "control"),
        Index("ix_compliance_results_control", "benchmark", "control", "status"),
    )

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"))
    task_definition_arn: Mapped[str]
    container: Mapped[str]
    benchmark: Mapped[str]
    control: Mapped[str]
    status: Mapped[str]
