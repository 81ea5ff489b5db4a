from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.aws.attach import _function_config, _noted, _project_config
from landwaiter.aws.memory import NOTHING, Memory, as_words, words


class Tags:
    """The tags of one function, as Lambda keeps them."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {"Application": "somebody's"}

    def get_function_configuration(self, FunctionName: str) -> dict[str, str]:  # noqa: N803 - Lambda's name
        return {"FunctionArn": f"arn:aws:lambda:::function:{FunctionName}"}

    def list_tags(self, **_: Any) -> dict[str, Any]:
        return {"Tags": dict(self.held)}

    def tag_resource(self, Tags: dict[str, str], **_: Any) -> None:  # noqa: N803 - Lambda's name
        self.held |= Tags

    def untag_resource(self, TagKeys: list[str], **_: Any) -> None:  # noqa: N803 - Lambda's name
        for key in TagKeys:
            self.held.pop(key, None)


def test_the_first_state_is_kept_and_nobody_elses_tag_is_touched() -> None:
    tags = Tags()
    memory = Memory(tags, "landwaiter:before-x:")
    memory.remember("path", "")
    memory.remember("path", "/opt/later")
    memory.remember("layers", "a b")
    assert memory.recall() == {"path": NOTHING, "layers": "a b"}
    memory.forget("path")
    memory.forget("layers")
    assert tags.held == {"Application": "somebody's"}


ids = st.lists(st.from_regex(r"subnet-[0-9a-f]{4,8}", fullmatch=True), min_size=1, max_size=5, unique=True)


@settings(max_examples=100, deadline=None)
@given(ids, ids)
def test_what_is_noted_is_read_back(subnets: list[str], groups: list[str]) -> None:
    assert words(as_words(subnets)) == subnets
    assert _function_config(_noted(subnets, groups)) == {"SubnetIds": subnets, "SecurityGroupIds": groups}
    assert _project_config(_noted(["vpc-1"], subnets, groups)) == {
        "vpcId": "vpc-1",
        "subnets": subnets,
        "securityGroupIds": groups,
    }
    assert _function_config(NOTHING) == {"SubnetIds": [], "SecurityGroupIds": []}
    assert _project_config(NOTHING) == {}
