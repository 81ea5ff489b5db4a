"""Reading parts 2 and 4: the policy of builds in the VPC, and the two roles."""

from typing import Any

from botocore.exceptions import ClientError

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Policy, Role, Unseen
from landwaiter.aws.doctor.reading import Account, absent, attempt, statements_of


def read_policy(account: Account, role: Role | Unseen | None) -> Policy | Unseen | None:
    """The policy Codebuild-Qualys-VPC-Access, looked for among those of the role and then of the account."""
    return attempt("iam", lambda: _policy(account, role))


def read_role(account: Account, name: str) -> Role | Unseen | None:
    """A role of the runbook's name."""
    return attempt("iam", lambda: _role(account, name))


def _policy(account: Account, role: Role | Unseen | None) -> Policy | None:
    iam = account.client("iam")
    attached = role.attached if isinstance(role, Role) and not isinstance(role.attached, Unseen) else ()
    arn = next((one for one in attached if one.endswith(f"/{names.VPC_POLICY}")), "") or _by_name(iam)
    if not arn:
        return None
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return Policy(arn, statements_of(document))


def _by_name(iam: Any) -> str:  # noqa: ANN401 - a boto3 client
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    found = (str(one["Arn"]) for page in pages for one in page["Policies"] if one["PolicyName"] == names.VPC_POLICY)
    return next(found, "")


def _role(account: Account, name: str) -> Role | None:
    iam = account.client("iam")
    try:
        found = iam.get_role(RoleName=name)["Role"]
    except ClientError as error:
        if absent(error, "NoSuchEntity"):
            return None
        raise
    return Role(
        arn=found["Arn"],
        trust=statements_of(found.get("AssumeRolePolicyDocument")),
        attached=attempt("iam", lambda: _attached(iam, name)),
    )


def _attached(iam: Any, name: str) -> tuple[str, ...]:  # noqa: ANN401 - a boto3 client
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    return tuple(one["PolicyArn"] for page in pages for one in page["AttachedPolicies"])
