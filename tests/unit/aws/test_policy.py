import pytest

from landwaiter.aws.policy import same_document, vpc_policy_document


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_document_is_the_guides(partition: str) -> None:
    arns = [f"arn:{partition}:ec2:eu-west-1:111122223333:subnet/subnet-{number}" for number in range(4)]
    document = vpc_policy_document(partition, "eu-west-1", "111122223333", [*arns[:3], "subnet-3"])
    assert document["Version"] == "2012-10-17"
    first, second = document["Statement"]
    assert first == {
        "Effect": "Allow",
        "Action": [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeVpcs",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeSubnets",
            "ec2:DescribeSecurityGroups",
        ],
        "Resource": "*",
    }
    assert second == {
        "Effect": "Allow",
        "Action": "ec2:CreateNetworkInterfacePermission",
        "Resource": f"arn:{partition}:ec2:*:111122223333:network-interface/*",
        "Condition": {
            "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
            "ArnEquals": {"ec2:Subnet": arns},
        },
    }


def test_documents_are_compared_by_what_they_allow() -> None:
    one = {"Statement": [{"Sid": "A", "Action": ["a:B", "a:C"], "Resource": ["x"]}, {"Action": "d:E", "Resource": "*"}]}
    other = {"Statement": [{"Action": ["d:E"], "Resource": "*"}, {"Action": ["a:C", "a:B"], "Resource": "x"}]}
    assert same_document(one, other)
    assert not same_document(one, {"Statement": one["Statement"][:1]})
    assert not same_document({"Resource": "*"}, {"Resource": ["*", "x"]})
