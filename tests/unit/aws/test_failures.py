import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from landwaiter.aws.failures import explain, explained, remedy_of
from landwaiter.errors import InputError, NotPermittedError, UnreachableError


def refusal(code: str, message: str = "no", operation: str = "DescribeVpcs") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("code", "message", "kind", "what"),
    [
        ("ExpiredToken", "", NotPermittedError, "expired"),
        ("InvalidClientTokenId", "", NotPermittedError, "does not accept the credentials"),
        (
            "AccessDenied",
            "User: arn:aws:iam::1:user/a is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/x because",
            NotPermittedError,
            "Permission iam:CreateRole on arn:aws:iam::1:role/x is missing",
        ),
        ("UnauthorizedOperation", "", NotPermittedError, "Permission DescribeVpcs"),
        ("Throttling", "Rate exceeded", UnreachableError, "throttled"),
        ("AddressLimitExceeded", "max", InputError, "quota of Elastic IP addresses"),
        ("VpcLimitExceeded", "max", InputError, "quota of VPCs"),
        ("Strange", "so", InputError, "so (Strange)"),
    ],
)
def test_a_refusal_is_explained(code: str, message: str, kind: type[Exception], what: str) -> None:
    error = explain(refusal(code, message), "making the network")
    assert isinstance(error, kind)
    assert what in error.what


def test_faults_on_the_way_are_explained() -> None:
    with pytest.raises(NotPermittedError, match="No AWS credentials for looking"), explained("looking"):
        raise NoCredentialsError
    with pytest.raises(UnreachableError, match="not reached while looking"), explained("looking"):
        raise EndpointConnectionError(endpoint_url="https://ec2.nowhere")


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("The maximum number of addresses has been reached. (Service: Ec2, Status Code: 400)", "L-0263D0A3"),
        ("Resource handler returned message: The maximum number of VPCs has been reached.", "--vpc-id"),
        (
            "NatGatewayLimitExceeded: Performing this operation would exceed the limit of 5 NAT gateways",
            "Service Quotas",
        ),
        ("User: arn is not authorized to perform: kms:CreateKey on resource: *", "allow kms:CreateKey"),
        ("Specified ReservedConcurrentExecutions decreases account's UnreservedConcurrentExecution below", "=0"),
        ("QualysECSFargateImageScanning already exists", "aws attach"),
        ("Rate exceeded", "Wait a minute"),
        ("The security token included in the request is expired (ExpiredToken)", "Sign in again"),
        ("The subnet has dependencies and cannot be deleted. (DependencyViolation)", "forty minutes"),
        ("the moon is full", ""),
    ],
)
def test_cloudformations_reason_has_a_remedy(reason: str, remedy: str) -> None:
    assert remedy in remedy_of(reason)
    assert bool(remedy_of(reason)) == bool(remedy)
