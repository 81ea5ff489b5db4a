"""The settings of `landwaiter aws`: a TOML file, and flags that win over it."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from landwaiter.aws import templates
from landwaiter.aws.ca.roots import MOST_BYTES, bundle_of, read_roots
from landwaiter.aws.code import package
from landwaiter.errors import InputError
from landwaiter.images.files import read_document

ENVIRONMENT_FILE = "LANDWAITER_AWS_CONFIG"
DEFAULT_FILE = "landwaiter-aws.toml"
_MOST_BYTES = 1024 * 1024
_SECRETS = frozenset({"token", "sensor_token", "platform_token", "admin_token", "password", "secret"})
# Parameters of the scanning template that follow from other settings, or from what was made.
_OURS = frozenset({
    "PlatformUrl", "PlatformToken", "QualysPodCustomRootCertPath", "RootCaLayerKey", "RootCaPem", "ArtifactBucket",
    "TriggerKey", "JobKey", "JobSha256", "JobPythonVersion", "VpcId", "LambdaSubnetId", "CodeBuildSubnetId",
    "SecurityGroupId", "SubnetArns", "RootCaExpires", "RootCaSecret", "Architecture",
    "ConcurrentBuildLimit", "SweepMinutes", "PermissionsBoundaryArn",
})  # fmt: skip
_ARCHITECTURES = ("x86_64", "arm64")


class DeployConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a deployment; `docs/reference/aws-config.md` explains each.

    `root_ca` is PEM text or "". None, 0 and "" leave a setting as it is deployed, and as the templates have it at
    first. `architectures` has at most one entry, the processor of the builds: they read images of all processors, and
    never run them.
    """

    platform_url: str = ""
    root_ca: str = ""
    root_ca_file: str = ""
    token_file: str = ""
    admin_token_file: str = ""
    zones: Literal[1, 2] | None = None
    availability_zones: tuple[str, ...] = ()
    vpc_cidr: str = ""
    public_subnets: tuple[str, ...] = ()
    private_subnets: tuple[str, ...] = ()
    vpc_id: str = ""
    lambda_subnet: str = ""
    codebuild_subnet: str = ""
    security_group: str = ""
    egress_addresses: tuple[str, ...] = ()
    permissions_boundary: str = ""
    tags: dict[str, str] = {}
    max_concurrent_builds: int = 0
    sweep_minutes: int = 0
    architectures: tuple[str, ...] = ()
    parameters: dict[str, str] = {}

    @property
    def architecture(self) -> str:
        """The processor of the builds: this machine's, unless another is named; see `package.job_zip`."""
        return self.architectures[0] if self.architectures else package.own_architecture()


def find_config(named: Path | None) -> Path | None:
    """The file to read: the one that is named, LANDWAITER_AWS_CONFIG's, landwaiter-aws.toml if it is here, or none."""
    if named is not None:
        return named
    if os.environ.get(ENVIRONMENT_FILE):
        return Path(os.environ[ENVIRONMENT_FILE])
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


def load_config(path: Path | None, given: Mapping[str, object]) -> DeployConfig:
    """Settings from a TOML file, if any, and from flags, which win; a flag that is None or empty was not given.

    Paths in the file are relative to it. Raises `InputError` on what cannot be read, on unknown names (with the nearest
    one), wrong types, and settings that contradict each other.
    """
    settings = _read(path) if path else {}
    for name, value in given.items():
        if value in (None, "", (), {}):
            continue
        both = isinstance(value, dict) and isinstance(settings.get(name), dict)
        if name == "root_ca_file":
            settings.pop("root_ca", None)
        settings[name] = {**settings[name], **value} if both else value  # type: ignore[dict-item]  # `both` says so
    _known(settings, DeployConfig.__struct_fields__, "setting", path)
    try:
        config = msgspec.convert(settings, DeployConfig, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(f"A setting{_of(path)} is wrong: {error}.", "See docs/reference/aws-config.md.") from error
    config = _with_root_ca(config)
    _check(config)
    return config


def read_secret(variable: str, file: str) -> str:
    """A token from the environment or, failing that, from a file; "" where neither is set. Raises `InputError`."""
    text = os.environ.get(variable, "")
    if not text and file:
        try:
            text = Path(file).read_text(encoding="ascii")[:_MOST_BYTES]
        except (OSError, ValueError) as error:
            raise InputError(f"The token file {file} cannot be read: {error}.", "Check its path and mode.") from error
    token = text.strip()
    if (text and not token) or not token.isprintable() or " " in token:
        raise InputError(f"{variable if variable in os.environ else file} holds no token.", "It is one word.")
    return token


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is too large for a file of settings.", "See docs/reference/aws-config.md.")
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The settings {path} cannot be read: {error.strerror}.", "Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no TOML file: {error}.", "See docs/reference/aws-config.md.") from error
    for name in ("root_ca_file", "token_file", "admin_token_file"):
        if isinstance(settings.get(name), str):
            settings[name] = str(path.parent / settings[name])
    return settings


def _known(names: Iterable[str], allowed: Iterable[str], what: str, path: Path | None = None) -> None:
    allowed = tuple(allowed)
    for name in names:
        if name in allowed:
            continue
        if name in _SECRETS:
            raise InputError(
                f"The secret {name}{_of(path)} has no place among the settings.",
                "Set LANDWAITER_TOKEN or LANDWAITER_ADMIN_TOKEN, or name a file: token_file, admin_token_file.",
            )
        near = difflib.get_close_matches(name, allowed, 1, 0.5)
        raise InputError(
            f"There is no {what} {name}{_of(path)}.",
            f"Did you mean {near[0]}?" if near else "See docs/reference/aws-config.md.",
        )


def _of(path: Path | None) -> str:
    return f" in {path}" if path else ""


def _with_root_ca(config: DeployConfig) -> DeployConfig:
    if config.root_ca and config.root_ca_file:
        raise InputError("Both root_ca and root_ca_file are set.", "Keep one of them.")
    if not config.root_ca and not config.root_ca_file:
        return config
    data = read_document(Path(config.root_ca_file), MOST_BYTES) if config.root_ca_file else config.root_ca.encode()
    return msgspec.structs.replace(config, root_ca=bundle_of(read_roots(data, now=datetime.now(UTC))))


def _check(config: DeployConfig) -> None:
    if config.platform_url and not config.platform_url.startswith("https://"):
        raise InputError(f"{config.platform_url!r} is no URL of a platform.", "It starts with https://.")
    if config.availability_zones and len(set(config.availability_zones)) != (config.zones or 1):
        raise InputError(
            f"{len(set(config.availability_zones))} availability zones are named for {config.zones or 1}.",
            "Name as many as there are zones.",
        )
    _check_own_network(config)
    if config.max_concurrent_builds < 0:
        raise InputError("max_concurrent_builds is negative.", "Give 1 or more, or 0 for the template's own.")
    if config.sweep_minutes and not 2 <= config.sweep_minutes <= 1440:
        raise InputError(f"sweep_minutes is {config.sweep_minutes}.", "Give 2 to 1440.")
    _check_architectures(config)
    _known(config.parameters, templates.parameter_names("scanning") - _OURS, "parameter of yours to set named")
    for name in config.tags:
        if name.startswith("aws:") or name in {"Application", "Name"} or len(name) > 128:
            raise InputError(f"The tag {name} is not yours to set.", "Choose another name.")


def _check_own_network(config: DeployConfig) -> None:
    own = {name: getattr(config, name) for name in ("vpc_id", "lambda_subnet", "codebuild_subnet")}
    if any(own.values()) and not all(own.values()):
        missing = ", ".join(name for name, value in own.items() if not value)
        raise InputError(f"A network of your own needs {missing} too.", "Give all three of them.")
    ours = ("vpc_cidr", "public_subnets", "private_subnets", "zones", "availability_zones")
    shape = [name for name in ours if getattr(config, name)]
    if config.vpc_id and shape:
        raise InputError(
            "A VPC of your own is named, and a shape for one of ours too.",
            f"Leave out {', '.join(shape)}, or vpc_id.",
        )
    if (config.public_subnets or config.private_subnets) and not config.vpc_cidr:
        raise InputError("Subnets are given, but not the VPC's block.", "Give it: vpc_cidr.")
    if not config.vpc_id and (config.security_group or config.egress_addresses):
        raise InputError("security_group and egress_addresses belong to a VPC of your own.", "Name it: vpc_id.")


def _check_architectures(config: DeployConfig) -> None:
    if not config.architectures:
        return
    if len(config.architectures) > 1 or config.architectures[0] not in _ARCHITECTURES:
        raise InputError(
            f"architectures is {', '.join(config.architectures)}.",
            "Give one, x86_64 or arm64: the processor of the builds, which read images of all processors.",
        )
