"""What AWS answers when it does not do what was asked, as a sentence and a remedy."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import exceptions

from landwaiter.errors import InputError, LandwaiterError, NotPermittedError, UnreachableError

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_WRONG = frozenset({
    "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId",
})  # fmt: skip
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})
_QUOTAS = {
    "AddressLimitExceeded": "Elastic IP addresses",
    "VpcLimitExceeded": "VPCs",
    "NatGatewayLimitExceeded": "NAT gateways",
    "InternetGatewayLimitExceeded": "internet gateways",
    "SubnetLimitExceeded": "subnets",
    "LimitExceededException": "the service's resources",
    "LimitExceeded": "the service's resources",
}
_DENIED_ACTION = re.compile(r"not authorized to perform: ?(?P<action>[\w-]+:\w+)(?: on resource: ?(?P<resource>\S+))?")
_UNREACHABLE = (
    exceptions.EndpointConnectionError,
    exceptions.ConnectTimeoutError,
    exceptions.ReadTimeoutError,
    exceptions.ConnectionClosedError,
    exceptions.ProxyConnectionError,
    exceptions.SSLError,
)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn boto3's exceptions of the block into `LandwaiterError`; `doing` is a phrase such as "reading the VPC".

    Raises NotPermittedError (credentials, permissions), UnreachableError (network, throttling) or InputError.
    """
    try:
        yield
    except exceptions.ClientError as error:
        raise explain(error, doing) from error
    except (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
    ) as error:
        raise NotPermittedError(f"No AWS credentials for {doing}.", _SIGN_IN) from error
    except (exceptions.TokenRetrievalError, exceptions.SSOError) as error:
        raise NotPermittedError("The AWS sign-in has expired.", "Sign in again: aws sso login.") from error
    except exceptions.NoRegionError as error:
        raise InputError("No AWS region is set.", "Name one: --region eu-central-1, or AWS_REGION.") from error
    except exceptions.ProfileNotFound as error:
        raise InputError(f"{error}.", "List the profiles there are: aws configure list-profiles.") from error
    except _UNREACHABLE as error:
        raise UnreachableError(
            f"AWS was not reached while {doing}: {error}", "Check network, proxy and region."
        ) from error
    except exceptions.BotoCoreError as error:
        raise InputError(f"AWS refused the request while {doing}: {error}") from error


_SIGN_IN = "Sign in as for the AWS CLI: a profile (--profile), AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role."


def explain(error: Any, doing: str) -> LandwaiterError:  # noqa: ANN401 - botocore's ClientError is untyped
    """Return what a botocore `ClientError` means to the operator."""
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in _DENIED:
        return NotPermittedError(*_denied(message, error.operation_name, doing))
    if code in _EXPIRED:
        return NotPermittedError(f"The AWS credentials expired while {doing}.", "Sign in again and run it once more.")
    if code in _WRONG:
        return NotPermittedError(f"AWS does not accept the credentials ({code}) while {doing}.", _SIGN_IN)
    if code in _THROTTLED:
        return UnreachableError(f"AWS throttled the calls while {doing}.", "Wait a minute and run it again.")
    if code in _QUOTAS:
        return InputError(
            f"The account's quota of {_QUOTAS[code]} in this region is reached while {doing}: {message}",
            "Release what is not used, or ask for more in Service Quotas, and run it again.",
        )
    return InputError(f"AWS refused {error.operation_name} while {doing}: {message} ({code})")


_REASONS = (
    (
        re.compile(r"AddressLimitExceeded|maximum number of addresses", re.IGNORECASE),
        (
            "The quota of Elastic IP addresses in this region is reached. Release one, or ask for more in Service "
            "Quotas (EC2-VPC Elastic IPs, L-0263D0A3), and run this again."
        ),
    ),
    (
        re.compile(r"VpcLimitExceeded|maximum number of VPCs", re.IGNORECASE),
        (
            "The quota of VPCs in this region is reached. Delete one, ask for more in Service Quotas (VPCs per Region, "
            "L-F678F1CE), or bring a VPC of your own (--vpc-id), and run this again."
        ),
    ),
    (
        re.compile(r"(NatGateway|InternetGateway|Subnet)LimitExceeded|maximum number of .*gateways", re.IGNORECASE),
        (
            "A quota of the VPC service in this region is reached. Delete what is not used, or ask for more in Service "
            "Quotas, and run this again."
        ),
    ),
    (
        re.compile(r"UnreservedConcurrentExecution", re.IGNORECASE),
        (
            "The account has too little Lambda concurrency to reserve some. Run this again with "
            "--parameter ReservedConcurrency=0, or ask for more in Service Quotas."
        ),
    ),
    (
        re.compile(r"already exists", re.IGNORECASE),
        (
            "Something of that name is there and not of this stack: a stack built by hand from the guide has the same "
            "names. Remove it, or keep it and use `landwaiter aws attach` on it, then run this again."
        ),
    ),
    (
        re.compile(r"Rate exceeded|Throttling|RequestLimitExceeded", re.IGNORECASE),
        "AWS throttled the calls. Wait a minute and run this again.",
    ),
    (
        re.compile(r"ExpiredToken|security token .*expired", re.IGNORECASE),
        "The credentials expired. Sign in again and run this once more: what is done stays done.",
    ),
    (
        re.compile(r"DependencyViolation|has dependencies and cannot be deleted|currently in use", re.IGNORECASE),
        (
            "Something that is not ours still uses it. Take that away, then run this again. Network interfaces of a "
            "function may stay for up to forty minutes."
        ),
    ),
)


def remedy_of(reason: str) -> str:
    """Return what to do about the reason that CloudFormation gives for a resource's failure; "" for an unknown one."""
    denied = _DENIED_ACTION.search(reason)
    if denied:
        return f"Let an administrator allow {denied['action']} for this role or user, and run this again."
    return next((remedy for pattern, remedy in _REASONS if pattern.search(reason)), "")


def code_of(error: Any) -> str:  # noqa: ANN401 - botocore's ClientError is untyped
    """Return the code of a `ClientError`, such as "AccessDenied"."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _denied(message: str, operation: str, doing: str) -> tuple[str, str]:
    found = _DENIED_ACTION.search(message)
    action = found["action"] if found else operation
    resource = (found["resource"] if found else None) or "*"
    return (
        f"Permission {action} on {resource.rstrip('.')} is missing while {doing}.",
        f"Let an administrator allow {action} for this role or user, and run it again: what is done stays done.",
    )
