"""Whether builds may read the images that tasks run, from this account's registry and from others'."""

import fnmatch

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Estate, Repository, Statement, Unseen, seen
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned
from landwaiter.aws.doctor.read_tasks import PULLING


@check(
    "LW-ECR-001",
    "The service role may read the images that tasks run",
    why="A build that may not pull its image ends without a verdict.",
    mend="landwaiter aws up",
)
def role_may_pull(estate: Estate) -> Outcome:
    """IAM's simulator lets the role pull from every ECR repository that a running task uses."""
    tasks = seen(estate.tasks)
    if not tasks.repositories:
        return skipped("No task runs an image from ECR.")
    denied = seen(tasks.pull_denied)
    if denied:
        return failed(f"The role's policies do not let it pull from {', '.join(denied)}.")
    return passed(f"From {len(tasks.repositories)} repositories.")


@check(
    "LW-ECR-002",
    "Repositories of other accounts let the service role in",
    why="Across accounts both sides must agree: the role's policy, and the policy of the repository.",
    mend="In account {account}: aws ecr set-repository-policy --repository-name {repository} --policy-text '{policy}'",
)
def foreign_repositories(estate: Estate) -> Outcome:
    """The policy of each repository in another account allows the two actions of a pull to the role or its account."""
    foreign = [one for one in seen(estate.tasks).repositories if one.account != estate.account]
    if not foreign:
        return skipped("No task runs an image from another account.")
    role = f"arn:{estate.partition}:iam::{estate.account}:role/{names.SERVICE_ROLE}"
    unread = []
    for one in foreign:
        values = {"account": one.account, "repository": one.arn.split("/", 1)[1], "policy": _wanted(role)}
        if isinstance(one.policy, Unseen):
            unread.append((one, one.policy.reason, values))
        elif not _lets_in(one, role, estate):
            return failed(f"The policy of {one.arn} does not let {role} pull.", **values)
    if unread:
        first, reason, values = unread[0]
        return warned(f"The policy of {first.arn} cannot be read from here ({reason}).", **values)
    return passed(f"{', '.join(one.arn for one in foreign)}.")


def _lets_in(repository: Repository, role: str, estate: Estate) -> bool:
    statements = repository.policy if isinstance(repository.policy, tuple) else ()
    root = f"arn:{estate.partition}:iam::{estate.account}:root"
    welcome = {f"AWS:{one}" for one in ("*", estate.account, root, role)}
    ours = [one for one in statements if welcome & set(one.principals)]
    return all(any(_allows(one, action) for one in ours) for action in PULLING) and not any(
        _denies(one) for one in ours
    )


def _allows(statement: Statement, action: str) -> bool:
    return statement.effect == "Allow" and _speaks_of(statement, action)


def _denies(statement: Statement) -> bool:
    unconditional = statement.effect == "Deny" and not statement.conditions
    return unconditional and any(_speaks_of(statement, action) for action in PULLING)


def _speaks_of(statement: Statement, action: str) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), one.lower()) for one in statement.actions)


def _wanted(role: str) -> str:
    actions = ",".join(f'"{one}"' for one in PULLING)
    return (
        f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{role}"}},'
        f'"Action":[{actions}]}}]}}'
    )


CHECKS = (role_may_pull, foreign_repositories)
