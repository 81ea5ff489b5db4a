"""The settings that the commands of the lifecycle share: flags over a TOML file, tokens from the environment."""

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from landwaiter.aws.deployment.config import DeployConfig
    from landwaiter.aws.deployment.options import DeployOptions

SENSOR_TOKEN, ADMIN_TOKEN = "LANDWAITER_TOKEN", "LANDWAITER_ADMIN_TOKEN"

_OPTIONS = (
    click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        help="settings  [default: LANDWAITER_AWS_CONFIG, else ./landwaiter-aws.toml where it exists]",
    ),
    click.option("--platform-url", help="the platform, such as https://landwaiter.example.org:8443"),
    click.option(
        "--root-ca", "root_ca_file", type=click.Path(dir_okay=False), help="the platform's custom root CA, PEM"
    ),
    click.option("--zones", type=click.IntRange(1, 2), help="availability zones of the network  [default: 1]"),
    click.option("--availability-zone", "availability_zones", multiple=True, help="a zone by its name; repeat for two"),
    click.option("--vpc-cidr", help="address range of the network  [default: 10.42.0.0/24]"),
    click.option("--vpc-id", help="a VPC of your own, instead of a network of ours"),
    click.option("--lambda-subnet", help="its private subnet for the function"),
    click.option("--codebuild-subnet", help="its private subnet for builds"),
    click.option("--security-group", help="its security group  [default: the VPC's default one]"),
    click.option("--permissions-boundary", help="ARN of the policy that bounds the roles"),
    click.option("--max-concurrent-builds", type=click.IntRange(1), help="builds at once  [default: 20]"),
    click.option("--sweep-minutes", type=click.IntRange(2, 1440), help="minutes between sweeps  [default: 15]"),
    click.option(
        "--architecture", "architectures", multiple=True, help="processor of builds  [default: this machine's]"
    ),
    click.option(
        "--tag", "tags", multiple=True, metavar="NAME=VALUE", help="a tag on all that is made; repeat for more"
    ),
    click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="a further template parameter"),
)


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags of the settings; the command gets `config`, a `DeployConfig`."""

    @functools.wraps(command)
    def configured(*arguments: Any, **options: Any) -> Any:
        from landwaiter.aws.deployment.config import DeployConfig, find_config, load_config

        named = options.pop("config")
        given = {name: options.pop(name) for name in DeployConfig.__struct_fields__ if name in options}
        for name in ("tags", "parameters"):
            given[name] = _pairs(name, given[name])
        return command(*arguments, config=load_config(find_config(named), given), **options)

    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(_OPTIONS), configured)


def options_with_secrets(config: "DeployConfig") -> "DeployOptions":
    """The settings as options of a run, with the tokens of the environment or of the files that the settings name."""
    from landwaiter.aws.deployment.config import read_secret
    from landwaiter.aws.deployment.options import options_of
    from landwaiter.cli.folders import cache_folder

    return options_of(
        config,
        platform_token=read_secret(SENSOR_TOKEN, config.token_file),
        admin_token=read_secret(ADMIN_TOKEN, config.admin_token_file),
        cache=cache_folder() / "job",
        poll=0.1 if os.environ.get("AWS_ENDPOINT_URL") else 3.0,
    )


def _pairs(name: str, texts: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise click.BadParameter(f"{text!r} is no NAME=VALUE", param_hint=f"--{name.removesuffix('s')}")
        pairs[key] = value
    return pairs
