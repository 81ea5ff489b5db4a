import pytest

from landwaiter.aws.ca.publish import is_ours, layers_of, variables_of
from landwaiter.errors import NotPermittedError


def test_variables_that_cannot_be_read_are_never_written_back() -> None:
    """Lambda leaves them out of its answer when the caller may not decrypt them."""
    refused = {"Environment": {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no kms:Decrypt"}}}
    with pytest.raises(NotPermittedError, match="no kms:Decrypt") as raised:
        variables_of(refused)
    assert "kms:Decrypt on the function's key" in raised.value.remedy
    assert variables_of({}) == {}
    assert variables_of({"Environment": {"Variables": {"A": "b"}}}) == {"A": "b"}


@pytest.mark.parametrize(
    ("arn", "ours"),
    [
        ("arn:aws:lambda:eu-west-1:111122223333:layer:QualysPodCustomRootCa:7", True),
        ("arn:aws-cn:lambda:cn-north-1:111122223333:layer:QualysPodCustomRootCa:1", True),
        ("arn:aws:lambda:eu-west-1:111122223333:layer:custom-root-ca:7", False),
        ("arn:aws:lambda:eu-west-1:111122223333:layer:NotQualysPodCustomRootCa:7", False),
        ("QualysPodCustomRootCa", False),
    ],
)
def test_our_layer_is_known_by_its_name(arn: str, ours: bool) -> None:
    assert is_ours(arn) is ours


def test_layers_keep_their_order() -> None:
    assert layers_of({"Layers": [{"Arn": "b"}, {"Arn": "a"}]}) == ["b", "a"]
    assert layers_of({"Layers": None}) == []
