"""How an event reaches a Lambda function, and where it goes when it does not.

EventBridge checks that it may invoke the function and that the function exists; where not, the event goes to the
target's own dead-letter queue without retries. Otherwise it hands the event to Lambda's asynchronous queue: throttled
invocations wait, failed ones are tried twice more with growing pauses, then the event goes to the function's
dead-letter queue.

Sources: EventBridge User Guide, "How EventBridge retries delivering events"; Lambda Developer Guide, "How Lambda
handles errors and retries with asynchronous invocation".
"""

import contextvars
import fnmatch
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from landwaiter.sandbox import dead_letters
from landwaiter.sandbox.aws_client import Clients
from landwaiter.sandbox.internals import Need, module, service
from landwaiter.sandbox.settings import Settings

NEEDS = (
    Need("services.eventbridge", "_invoke_target", ("target", "event", "rule", "view")),
    Need("services.eventbridge", "_dispatch_to_lambda", ("arn", "payload")),
    Need("services.lambda_svc", "invoke_async_with_retry", ("func", "event")),
    Need("services.lambda_svc", "_get_func_record_for_ref", ("function_ref",)),
    Need("services.lambda_svc", "_execution_record_for_config", ("func", "config")),
    Need("services.lambda_svc", "_execute_function", ("func", "event")),
    Need("services.lambda_svc", "_route_async_failure", ("target_arn", "func_name", "event", "result")),
    Need("core.responses", "request_scope", ("account_id", "region")),
)

_log = logging.getLogger(__name__)
_delivering: contextvars.ContextVar[tuple[dict[str, Any], dict[str, Any]]] = contextvars.ContextVar("delivering")


def install(settings: Settings) -> None:
    """Give Lambda targets and asynchronous invocations the retries and dead-letter queues they have on AWS."""
    clients = Clients(settings)
    events = service("eventbridge")
    invoke_target = events.invoke_target

    def remembering(target: dict[str, Any], event: object, rule: dict[str, Any], view: object = None) -> None:
        token = _delivering.set((target, rule))
        try:
            invoke_target(target, event, rule, view)
        finally:
            _delivering.reset(token)

    def invoke(function: dict[str, Any], event: object) -> None:
        context = contextvars.copy_context()
        work = threading.Thread(target=context.run, args=(_invoke, function, event, settings, clients), daemon=True)
        work.start()

    module("services.lambda_svc").invoke_async_with_retry = invoke
    events.invoke_target = remembering
    events.dispatch_to_lambda = lambda arn, payload: _deliver(arn, json.loads(payload), invoke, clients)


def _deliver(arn: str, event: object, invoke: Callable[[dict[str, Any], object], None], clients: Clients) -> None:
    functions = service("lambda_svc")
    target, rule = _delivering.get()
    function, config, _ = functions.get_func_record_for_ref(arn)
    if not function or not config:
        problem = "RESOURCE_NOT_FOUND", f"Function not found: {arn}"
    elif not permits(function, rule["Arn"]):
        problem = "NO_PERMISSIONS", f"No permission for {rule['Arn']} to invoke {arn}"
    else:
        invoke(functions.execution_record_for_config(function, config), event)
        return
    _log.warning("EventBridge cannot deliver: %s: %s", *problem)
    queue = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if queue:
        attributes = {
            "RULE_ARN": rule["Arn"],
            "TARGET_ARN": arn,
            "ERROR_CODE": problem[0],
            "ERROR_MESSAGE": problem[1],
            "RETRY_ATTEMPTS": "0",
        }
        # The queue answers through our own port, which this thread may be serving.
        threading.Thread(target=dead_letters.send, args=(clients, queue, event, attributes), daemon=True).start()


def permits(function: dict[str, Any], rule_arn: str) -> bool:
    """Tell whether the function's resource policy lets EventBridge invoke it for this rule."""
    for statement in (function.get("policy") or {}).get("Statement", []):
        principal = statement.get("Principal")
        service_name = principal.get("Service") if isinstance(principal, dict) else principal
        conditions = statement.get("Condition") or {}
        sources = [value for test in conditions.values() for key, value in test.items() if key == "AWS:SourceArn"]
        allowed = statement.get("Effect") == "Allow" and service_name in ("events.amazonaws.com", "*")
        if allowed and all(fnmatch.fnmatchcase(rule_arn, source) for source in sources):
            return True
    return False


def _invoke(function: dict[str, Any], event: object, settings: Settings, clients: Clients) -> None:
    """One asynchronous invocation with its retries; ends when it succeeded, or in the dead-letter queue."""
    arn = function["config"]["FunctionArn"]
    _, _, _, region, account, *_ = arn.split(":")
    policy = _policy(function)
    tries = int(policy.get("MaximumRetryAttempts", 2)) + 1
    oldest = time.monotonic() + int(policy.get("MaximumEventAgeInSeconds", 21600))
    with module("core.responses").request_scope(account, region):
        result: dict[str, Any] = {}
        delay = settings.retry_delay
        while tries and time.monotonic() < oldest:
            # A function that was mended meanwhile gets its chance with the next attempt.
            current, config, _ = service("lambda_svc").get_func_record_for_ref(arn)
            function = service("lambda_svc").execution_record_for_config(current, config) if current else function
            result = service("lambda_svc").execute_function(function, event)
            if not result.get("error"):
                return
            if not result.get("throttle"):
                tries -= 1
                delay *= 2
            if tries:
                time.sleep(delay / 2)
        _give_up(function, event, result, clients)


def _policy(function: dict[str, Any]) -> dict[str, Any]:
    """The function's settings for asynchronous invocation; empty where Lambda's defaults apply."""
    found = function.get("event_invoke_config") or (function.get("event_invoke_configs") or {}).get("$LATEST")
    return dict(found or {})


def _give_up(function: dict[str, Any], event: object, result: dict[str, Any], clients: Clients) -> None:
    body = result.get("body")
    message = str(body.get("errorMessage", "")) if isinstance(body, dict) else str(body)
    name = function["config"]["FunctionName"]
    _log.warning("%s failed for good: %s", name, message)
    destination = (_policy(function).get("DestinationConfig") or {}).get("OnFailure", {}).get("Destination", "")
    if destination:
        service("lambda_svc").route_async_failure(destination, name, event, result)
    queue = (function["config"].get("DeadLetterConfig") or {}).get("TargetArn", "")
    if queue:
        attributes = {"RequestID": str(result.get("request_id", "")), "ErrorCode": "200", "ErrorMessage": message}
        dead_letters.send(clients, queue, event, attributes)
