"""The objects of the AWS Security Finding Format that Landwaiter writes; the names are AWS's."""

from typing import TypedDict

import msgspec


class _Object(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """An object of the format: PascalCase, and nothing written that is absent."""


class Severity(_Object, frozen=True):
    """How severe, by AWS's label and by ours."""

    label: str
    original: str


class Recommendation(_Object, frozen=True):
    """What to do."""

    text: str
    url: str = ""


class Remediation(_Object, frozen=True):
    """What to do."""

    recommendation: Recommendation


class Container(_Object, frozen=True):
    """The image as a resource."""

    image_id: str = ""
    image_name: str = ""


class Details(_Object, frozen=True):
    """What kind of resource."""

    container: Container


class Resource(_Object, frozen=True):
    """What a finding is about."""

    type: str
    id: str
    partition: str
    region: str
    details: Details


class VulnerablePackage(_Object, frozen=True):
    """The package."""

    name: str
    version: str = ""
    file_path: str = ""
    fixed_in_version: str = ""
    package_manager: str = ""


class Cvss(_Object, frozen=True):
    """A CVSS score."""

    version: str
    base_score: float
    base_vector: str


class Vendor(_Object, frozen=True):
    """Who says so."""

    name: str
    url: str = ""


class Vulnerability(_Object, frozen=True):
    """The vulnerability."""

    id: str
    vulnerable_packages: tuple[VulnerablePackage, ...]
    cvss: tuple[Cvss, ...] = ()
    related_vulnerabilities: tuple[str, ...] = ()
    vendor: Vendor | None = None
    fix_available: str = ""
    exploit_available: str = ""
    epss_score: float | None = None


class Compliance(_Object, frozen=True):
    """The result of a control."""

    status: str
    related_requirements: tuple[str, ...] = ()


class Common(TypedDict):
    """The fields that all findings of a report have in common, by our names."""

    schema_version: str
    id: str
    product_arn: str
    generator_id: str
    aws_account_id: str
    created_at: str
    updated_at: str
    resources: tuple[Resource, ...]


class Finding(_Object, frozen=True, kw_only=True):
    """One finding."""

    schema_version: str
    id: str
    product_arn: str
    generator_id: str
    aws_account_id: str
    types: tuple[str, ...]
    created_at: str
    updated_at: str
    severity: Severity
    title: str
    description: str
    resources: tuple[Resource, ...]
    remediation: Remediation | None = None
    product_fields: dict[str, str] = {}
    vulnerabilities: tuple[Vulnerability, ...] = ()
    compliance: Compliance | None = None
    record_state: str = "ACTIVE"
