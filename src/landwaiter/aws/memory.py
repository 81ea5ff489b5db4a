"""What was there before we changed it, kept as tags on the Lambda function, so that every change can be taken back.

A tag is written before the change, and never over an older one: what is remembered is the state before our first
change. Source: Lambda Developer Guide, "Using tags on Lambda functions" (128 characters of key, 256 of value).
"""

from collections.abc import Sequence
from typing import Any

from landwaiter.aws import names
from landwaiter.errors import InputError

NOTHING = "none"
_LONGEST = 256


class Memory:
    """The tags under one prefix, such as `landwaiter:before-attach:`, on the scanning function."""

    def __init__(self, functions: Any, prefix: str) -> None:  # noqa: ANN401 - a boto3 client
        self._functions = functions
        self._prefix = prefix
        self._arn = str(function_configuration(functions)["FunctionArn"])

    def recall(self) -> dict[str, str]:
        """What is remembered, by the tags' names without the prefix."""
        tags = self._functions.list_tags(Resource=self._arn).get("Tags", {})
        return {key.removeprefix(self._prefix): value for key, value in tags.items() if key.startswith(self._prefix)}

    def remember(self, name: str, value: str) -> None:
        """Remember `value` ("" for nothing) under `name`, unless something is remembered there already."""
        if name not in self.recall():
            tag = {self._prefix + name: (value or NOTHING)[:_LONGEST]}
            self._functions.tag_resource(Resource=self._arn, Tags=tag)

    def forget(self, name: str) -> None:
        """Remove what is remembered under `name`."""
        self._functions.untag_resource(Resource=self._arn, TagKeys=[self._prefix + name])


def words(value: str) -> list[str]:
    """Read a remembered list: words between spaces, none for nothing."""
    return [] if value == NOTHING else value.split()


def as_words(values: Sequence[str]) -> str:
    """Write a list to remember."""
    return " ".join(values)


def function_configuration(functions: Any, name: str = names.FUNCTION) -> dict[str, Any]:  # noqa: ANN401 - a boto3 client
    """Describe the scanning function. Raises InputError when there is none."""
    try:
        return dict(functions.get_function_configuration(FunctionName=name))
    except functions.exceptions.ResourceNotFoundException as error:
        raise InputError(f"There is no Lambda function {name} in this account and region.", DEPLOY_FIRST) from error


def project_of(codebuild: Any, name: str = names.PROJECT) -> dict[str, Any]:  # noqa: ANN401 - a boto3 client
    """Describe the CodeBuild project. Raises InputError when there is none."""
    projects = codebuild.batch_get_projects(names=[name])["projects"]
    if not projects:
        raise InputError(f"There is no CodeBuild project {name} in this account and region.", DEPLOY_FIRST)
    return dict(projects[0])


DEPLOY_FIRST = "Deploy the scanning stack first, and check account and region."
