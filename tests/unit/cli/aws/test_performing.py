from collections.abc import Callable

import click
import pytest

from landwaiter.aws.deployment.stacks import StackEvent
from landwaiter.aws.deployment.steps import Finding, Step, removal
from landwaiter.cli.aws import performing
from landwaiter.cli.aws.performing import Record, Stage
from landwaiter.errors import InputError


class House:
    """Steps that note what was asked of them; each is done once it was run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def step(self, name: str, state: str = "to do", run: Callable[[], str] | None = None) -> Step:
        def look() -> Finding:
            return Finding("done" if name in self.ran else state, "seen")  # type: ignore[arg-type]

        def act() -> str:
            self.ran.append(name)
            return run() if run else "made"

        return Step(name, name.title(), 1, f"Make {name}.", look, act)


@pytest.fixture
def house() -> House:
    return House()


def test_only_what_is_left_to_do_is_done(house: House) -> None:
    steps = [house.step("a", "done"), house.step("b"), house.step("c", "by hand"), house.step("d", "differs")]
    told: list[Record] = []
    records = list(performing.perform(steps, Stage(), told.append))
    assert house.ran == ["b", "d"]
    assert [(one.id, one.state, one.changed) for one in records] == [
        ("a", "done", False), ("b", "done", True), ("c", "by hand", False), ("d", "done", True),
    ]  # fmt: skip
    assert told == records
    assert not any(one.open for one in performing.survey(steps[:2], Stage()))
    assert house.ran == ["b", "d"]


@pytest.mark.parametrize(
    ("error", "state"), [(InputError("No."), "failed"), (KeyboardInterrupt(), "interrupted"), (OSError("x"), "failed")]
)
def test_a_step_that_fails_is_told_and_ends_the_run(house: House, error: BaseException, state: str) -> None:
    def fail() -> str:
        raise error

    steps = [house.step("a"), house.step("b", run=fail), house.step("c")]
    told: list[Record] = []
    with pytest.raises(type(error)):
        list(performing.perform(steps, Stage(), told.append))
    assert [one.state for one in told] == ["done", state]
    assert house.ran == ["a", "b"]


def test_the_plan_is_told_before_it_is_done(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    performing.show_plan(performing.survey([house.step("a"), house.step("b", "done")], Stage()))
    shown = capsys.readouterr().out
    assert "Make a." in shown
    assert "Make b." not in shown


def test_foreign_text_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    performing.show_result(Record("a", "A", 1, "", "failed", "stack \x1b[2J said so"))
    assert "\x1b[2J" not in capsys.readouterr().out


def test_a_question_needs_somebody_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    performing.agree("Do it?", yes=True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(InputError, match="nobody to ask"):
        performing.agree("Do it?", yes=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _text: "n")
    with pytest.raises(click.Abort):
        performing.agree("Do it?", yes=False)


def test_progress_is_quiet_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage()
    with stage.show("network"):
        stage.tell(StackEvent("Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", ""))
    assert capsys.readouterr() == ("", "")


def test_a_removal_is_done_when_nothing_is_there() -> None:
    assert removal(found=True, what="vpc-1") == Finding("to do", "vpc-1")
    assert removal(found=False, what="vpc-1").state == "done"
