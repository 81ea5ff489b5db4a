import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landwaiter.sandbox.sandbox import Sandbox

Make = Callable[..., str]
Zipped = Callable[[dict[str, str]], bytes]
Eventually = Callable[..., Any]
Parked = tuple[str, Callable[[], dict[str, Any]]]
ECHO = "def handle(event, context):\n    return {'event': event, 'name': context.function_name}\n"
LOOK = """
import os, sys
def handle(event, context):
    import awslambdaric
    try:
        import landwaiter.errors
        leaked = True
    except ImportError:
        leaked = False
    opt = sorted(os.listdir("/opt"))
    return {"variables": dict(os.environ), "opt": opt, "leaked": leaked, "ric": awslambdaric.__version__,
            "ca": open(os.environ["CA"]).read(), "folder": os.getcwd()}
"""
FAIL = "def handle(event, context):\n    print('trying', flush=True)\n    raise RuntimeError('platform not reached')\n"


def invoke(box: Sandbox, name: str, event: object) -> tuple[Any, str]:
    answer = box.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), answer.get("FunctionError", "")


def test_a_function_answers(box: Sandbox, make_function: Make, unique: str) -> None:
    make_function(ECHO)
    assert invoke(box, unique, {"a": [1, "ü"]}) == ({"event": {"a": [1, "ü"]}, "name": unique}, "")


def test_it_sees_its_layer_at_opt_and_nothing_of_this_machine(
    box: Sandbox, make_function: Make, unique: str, zipped: Zipped
) -> None:
    layer = box.client("lambda").publish_layer_version(LayerName=unique, Content={"ZipFile": zipped({"ca.pem": "PEM"})})
    make_function(LOOK, Layers=[layer["LayerVersionArn"]], Environment={"Variables": {"CA": "/opt/ca.pem"}})
    seen, error = invoke(box, unique, {})
    assert error == ""
    assert seen["ca"] == "PEM"
    assert seen["opt"] == ["ca.pem"]
    assert seen["leaked"] is False
    expected = {"PATH", "HOME", "TMPDIR", "LANG", "TZ", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "CA", "_HANDLER"}
    extra = set(seen["variables"]) - expected - {"LC_CTYPE", "PWD", "SHLVL", "OLDPWD", "_"}
    assert {name for name in extra if not name.startswith(("AWS_", "LAMBDA_"))} == set()
    assert seen["variables"]["AWS_ENDPOINT_URL"] == box.endpoint
    assert seen["folder"] == seen["variables"]["LAMBDA_TASK_ROOT"]


def test_an_exception_is_an_unhandled_error(box: Sandbox, make_function: Make, unique: str) -> None:
    make_function(FAIL)
    body, error = invoke(box, unique, {})
    assert error == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("RuntimeError", "platform not reached")


def test_a_function_that_cannot_be_imported_says_so(box: Sandbox, make_function: Make, unique: str) -> None:
    make_function("import no_such_module\n")
    body, error = invoke(box, unique, {})
    assert error == "Unhandled"
    assert body["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in body["errorMessage"]


def test_a_function_that_exits_is_started_again(box: Sandbox, make_function: Make, unique: str) -> None:
    make_function("import os\ndef handle(event, context):\n    if event: os._exit(3)\n    return 'fine'\n")
    assert invoke(box, unique, 1)[0]["errorType"] == "Runtime.ExitError"
    assert invoke(box, unique, 0) == ("fine", "")


def test_a_function_that_takes_too_long_is_killed(box: Sandbox, make_function: Make, unique: str) -> None:
    make_function("import time\ndef handle(event, context):\n    time.sleep(event)\n    return 'done'\n", Timeout=1)
    started = time.monotonic()
    body, error = invoke(box, unique, 60)
    assert time.monotonic() - started < 8
    assert error == "Unhandled"
    assert body["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert invoke(box, unique, 0) == ("done", "")


def test_new_code_and_new_settings_are_used_at_once(
    box: Sandbox, make_function: Make, unique: str, zipped: Zipped
) -> None:
    code = "import os\nCALLS = []\ndef handle(event, context):\n    CALLS.append(1)\n    return [len(CALLS), os.environ.get('A')]\n"
    make_function(code)
    assert [invoke(box, unique, {})[0] for _ in range(2)] == [[1, None], [2, None]]
    functions = box.client("lambda")
    functions.update_function_configuration(FunctionName=unique, Environment={"Variables": {"A": "b"}})
    functions.get_waiter("function_updated_v2").wait(FunctionName=unique, WaiterConfig={"Delay": 0.1})
    assert invoke(box, unique, {})[0] == [1, "b"]
    functions.update_function_code(
        FunctionName=unique, ZipFile=zipped({"h.py": "def handle(e, c):\n    return 'new'\n"})
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName=unique, WaiterConfig={"Delay": 0.1})
    assert invoke(box, unique, {})[0] == "new"


def test_a_deleted_function_leaves_no_process(
    box: Sandbox, make_function: Make, unique: str, eventually: Eventually
) -> None:
    make_function("import os\ndef handle(event, context):\n    return os.getpid()\n")
    process = Path(f"/proc/{invoke(box, unique, {})[0]}")
    assert process.exists()
    box.client("lambda").delete_function(FunctionName=unique)
    assert eventually(lambda: not process.exists())


def test_what_it_prints_is_in_its_log(box: Sandbox, make_function: Make, unique: str) -> None:
    make_function("def handle(event, context):\n    print('seen', event)\n")
    invoke(box, unique, 41)
    invoke(box, unique, 42)
    lines = box.logs(f"/aws/lambda/{unique}")
    assert [line for line in lines if line.startswith("seen")] == ["seen 41", "seen 42"]
    files = list((box.folder / "logs" / "functions" / unique).glob("*.log"))
    assert "seen 42" in "".join(file.read_text() for file in files)


def allow(box: Sandbox, function: str, rule: str) -> None:
    box.client("lambda").add_permission(
        FunctionName=function,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )


@pytest.fixture
def rule(box: Sandbox, unique: str) -> str:
    """A rule that takes the events whose source is the test's unique name; its ARN."""
    pattern = json.dumps({"source": [unique]})
    return str(box.client("events").put_rule(Name=unique, EventPattern=pattern)["RuleArn"])


@pytest.fixture
def send(box: Sandbox, unique: str) -> Callable[..., None]:
    def put(*details: object) -> None:
        entries = [{"Source": unique, "DetailType": "try", "Detail": json.dumps(detail)} for detail in details]
        box.client("events").put_events(Entries=entries)

    return put


@pytest.fixture
def parked(
    make_queue: Callable[[str], tuple[str, str]],
    receive: Callable[[str], list[dict[str, Any]]],
    unique: str,
    eventually: Eventually,
) -> Parked:
    """A dead-letter queue: its ARN, and how to wait for its one message, which is body and attributes."""
    url, arn = make_queue(unique)

    def wait() -> dict[str, Any]:
        messages = eventually(lambda: receive(url))
        assert len(messages) == 1
        attributes = {name: value["StringValue"] for name, value in messages[0]["MessageAttributes"].items()}
        return {"event": json.loads(messages[0]["Body"]), "attributes": attributes}

    return arn, wait


def test_an_event_for_a_failing_function_ends_in_its_dead_letter_queue(
    box: Sandbox, make_function: Make, rule: str, send: Callable[..., None], parked: Parked
) -> None:
    queue, wait = parked
    function = make_function(FAIL, DeadLetterConfig={"TargetArn": queue})
    name = function.rsplit(":", 1)[1]
    box.client("events").put_targets(Rule=name, Targets=[{"Id": "f", "Arn": function}])
    allow(box, name, rule)
    send({"task": 1})
    message = wait()
    assert (message["event"]["source"], message["event"]["detail"]) == (name, {"task": 1})
    assert message["attributes"]["ErrorMessage"] == "platform not reached"
    assert len([line for line in box.logs(f"/aws/lambda/{name}") if line == "trying"]) == 3


@pytest.mark.parametrize("case", ["forbidden: NO_PERMISSIONS", "gone: RESOURCE_NOT_FOUND"])
def test_an_event_that_cannot_be_delivered_ends_in_the_targets_queue(
    case: str, make_target: Callable[[str], str], rule: str, send: Callable[..., None], parked: Parked
) -> None:
    state, code = case.split(": ")
    function = make_target(state)
    send({"task": 1})
    message = parked[1]()
    assert message["event"]["detail"] == {"task": 1}
    told = [message["attributes"][name] for name in ("ERROR_CODE", "RULE_ARN", "TARGET_ARN")]
    assert told == [code, rule, function]


@pytest.fixture
def make_target(box: Sandbox, make_function: Make, rule: str, parked: Parked) -> Callable[[str], str]:
    def make(state: str) -> str:
        function = make_function(ECHO)
        name = function.rsplit(":", 1)[1]
        target = {"Id": "f", "Arn": function, "DeadLetterConfig": {"Arn": parked[0]}}
        box.client("events").put_targets(Rule=rule.rsplit("/", 1)[1], Targets=[target])
        if state == "gone":
            box.client("lambda").delete_function(FunctionName=name)
        return function

    return make


SLOW = "import time\ndef handle(event, context):\n    time.sleep(0.1)\n    print('n', event['detail']['n'])\n"


def test_throttled_events_wait_and_none_is_lost(
    box: Sandbox, make_function: Make, rule: str, send: Callable[..., None], eventually: Eventually
) -> None:
    function = make_function(SLOW)
    name = function.rsplit(":", 1)[1]
    box.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    box.client("events").put_targets(Rule=name, Targets=[{"Id": "f", "Arn": function}])
    allow(box, name, rule)
    send(*({"n": n} for n in range(8)))

    def handled() -> set[str]:
        return {line for line in box.logs(f"/aws/lambda/{name}") if line.startswith("n ")}

    assert eventually(lambda: len(handled()) == 8)
    assert handled() == {f"n {n}" for n in range(8)}
