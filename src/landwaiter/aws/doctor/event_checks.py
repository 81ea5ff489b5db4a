"""What wakes the function: the rule of the runbook's first sentence, the sweep, and the events that went astray."""

import fnmatch
from datetime import timedelta

from landwaiter.aws.doctor.estate import Estate, Function, Network, Queue, Rule, Statement, seen
from landwaiter.aws.doctor.function_checks import function_of, our_function
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned

RUNNING = "LandwaiterTaskRunning"
_INVOKE = "lambda:InvokeFunction"
_TARGET = "aws events put-targets --rule {rule} --targets Id=Trigger,Arn={function}"
_FIX = "landwaiter aws doctor --fix --only {id}"
_AGE = timedelta(minutes=5)


def rules_of(estate: Estate) -> tuple[Rule, ...]:
    """The rules of the default bus that concern the function."""
    function_of(estate)
    return tuple(one for one in seen(estate.rules) if one.bus == "default")


def running_rules(estate: Estate) -> tuple[Rule, ...]:
    """The rules that are there for tasks that come into RUNNING: by name, or by what their pattern takes."""
    rules = [one for one in rules_of(estate) if not one.schedule]
    named = [one for one in rules if one.name == RUNNING]
    matching = [one for one in rules if "fargate running" in one.matches]
    others = [one for one in rules if not one.matches and not one.name.startswith("Landwaiter")]
    return tuple(dict.fromkeys([*named, *matching])) or tuple(others)


def stopped_rules(estate: Estate) -> tuple[Rule, ...]:
    """The rules that are there for tasks that stop."""
    rules = [one for one in rules_of(estate) if not one.schedule]
    return tuple(one for one in rules if one.name == "LandwaiterTaskStopped" or "fargate stopped" in one.matches)


def sweep_rules(estate: Estate) -> tuple[Rule, ...]:
    """The scheduled rules of the sweep."""
    return tuple(one for one in rules_of(estate) if one.schedule)


def permits(estate: Estate, rule: Rule) -> bool:
    """Tell whether the function's resource policy lets EventBridge invoke it for a rule."""
    return any(_covers(one, rule.arn) for one in seen(estate.permissions))


def _covers(statement: Statement, rule_arn: str) -> bool:
    sources = [value for one in statement.conditions if one.key == "aws:sourcearn" for value in one.values]
    return (
        statement.effect == "Allow"
        and any(fnmatch.fnmatchcase(_INVOKE.lower(), one.lower()) for one in statement.actions)
        and any(one in {"Service:events.amazonaws.com", "AWS:*"} for one in statement.principals)
        and (not sources or any(fnmatch.fnmatchcase(rule_arn, one) for one in sources))
    )


def aims(rule: Rule, function: Function) -> bool:
    """Tell whether the function is a target of a rule."""
    return any(one.arn == function.arn for one in rule.targets)


def by_hand(estate: Estate) -> bool:
    """Tell whether the deployment was made by hand from the guide, so that what is our own addition may be missing."""
    return isinstance(estate.network, Network) and estate.network.origin == "guide"


def _one_of(rules: tuple[Rule, ...]) -> Rule | None:
    """The rule to speak of: the best of them."""
    return max(rules, key=lambda one: (one.enabled, bool(one.targets)), default=None)


def _running_rule(estate: Estate) -> Rule:
    return seen(_one_of(running_rules(estate)), "There is no rule: see LW-EVT-001.")


@check(
    "LW-EVT-001",
    "There is a rule for tasks that come into RUNNING",
    why="This rule is what wakes the function; without it no task is ever noticed but by the sweep.",
    mend="landwaiter aws up",
    runbook="what the system is for",
)
def rule_exists(estate: Estate) -> Outcome:
    """A rule of the default bus is there for the function."""
    rules = running_rules(estate)
    if not rules:
        return failed("No rule wakes the function when a task comes into RUNNING.")
    return passed(f"{', '.join(one.name for one in rules)}.")


@check(
    "LW-EVT-002",
    "The rule is enabled",
    why="A disabled rule drops every event in silence.",
    mend="aws events enable-rule --name {rule}",
    runbook="what the system is for",
)
def rule_enabled(estate: Estate) -> Outcome:
    """The rule for RUNNING is enabled."""
    rule = _running_rule(estate)
    return passed(f"{rule.name}.") if rule.enabled else failed(f"{rule.name} is disabled.", rule=rule.name)


@check(
    "LW-EVT-003",
    "The rule's target is the function",
    why="A rule without the function as its target matches events and does nothing with them.",
    mend=_TARGET,
    runbook="what the system is for",
)
def rule_target(estate: Estate) -> Outcome:
    """The function is a target of the rule for RUNNING."""
    rule, function = _running_rule(estate), function_of(estate)
    if aims(rule, function):
        return passed(f"{rule.name} invokes {function.arn}.")
    targets = ", ".join(one.arn for one in rule.targets) or "nothing"
    found = f"{rule.name} invokes {targets} instead of the function."
    return failed(found, rule=rule.name, function=function.arn)


@check(
    "LW-EVT-004",
    "EventBridge may invoke the function",
    why="Without the permission EventBridge drops the events, or parks them.",
    mend=(
        "aws lambda add-permission --function-name QualysECSFargateImageScanningLambda --statement-id {rule} "
        "--action lambda:InvokeFunction --principal events.amazonaws.com --source-arn {arn}"
    ),
    runbook="what the system is for",
)
def rule_permission(estate: Estate) -> Outcome:
    """The function's resource policy lets EventBridge invoke it for the rule for RUNNING."""
    rule = _running_rule(estate)
    if permits(estate, rule):
        return passed(f"For {rule.name}.")
    return failed(f"The function's policy does not let {rule.name} invoke it.", rule=rule.name, arn=rule.arn)


@check(
    "LW-EVT-005",
    "The rule takes every Fargate task that comes into RUNNING",
    why="A pattern that is too narrow misses tasks on Fargate Spot; one that is wrong misses all.",
    mend="landwaiter aws up",
    runbook="what the system is for",
)
def rule_pattern(estate: Estate) -> Outcome:
    """The pattern takes a task on Fargate and one on Fargate Spot, as EventBridge itself says."""
    rules = tuple(one for one in running_rules(estate) if aims(one, function_of(estate))) or running_rules(estate)
    if not rules:
        return skipped("There is no rule: see LW-EVT-001.")
    taken = frozenset[str]().union(*(one.matches for one in rules))
    listed = ", ".join(one.name for one in rules)
    if "fargate running" not in taken:
        return failed(f"{listed} does not take a task on Fargate that comes into RUNNING.")
    if "spot running" not in taken:
        return warned(f"{listed} does not take a task on Fargate Spot.")
    return passed(f"{listed} takes both Fargate and Fargate Spot.")


@check(
    "LW-EVT-006",
    "Tasks that stop are noticed",
    why="Otherwise the platform shows images as running until the next sweep.",
    mend=_FIX.format(id="LW-EVT-006"),
)
def stopped_rule(estate: Estate) -> Outcome:
    """A rule for STOPPED is enabled, invokes the function and may do so."""
    our_function(estate)
    return _works(estate, stopped_rules(estate), "tasks that stop")


@check(
    "LW-EVT-007",
    "The sweep is scheduled",
    why="The sweep finds tasks whose event was missed, and closes what has stopped.",
    mend=_FIX.format(id="LW-EVT-007"),
)
def sweep_scheduled(estate: Estate) -> Outcome:
    """A scheduled rule is enabled, invokes the function and may do so."""
    our_function(estate)
    return _works(estate, sweep_rules(estate), "the sweep")


def _works(estate: Estate, rules: tuple[Rule, ...], what: str) -> Outcome:
    rule = _one_of(rules)
    if rule is None:
        found = f"There is no rule for {what}."
        return warned(f"{found} The guide has none either.") if by_hand(estate) else failed(found)
    if not rule.enabled:
        return failed(f"{rule.name} is disabled.")
    if not aims(rule, function_of(estate)):
        return failed(f"{rule.name} does not invoke the function.")
    if not permits(estate, rule):
        return failed(f"The function's policy does not let {rule.name} invoke it.")
    return passed(f"{rule.name} {rule.schedule}".strip() + ".")


@check(
    "LW-EVT-008",
    "Events that cannot be handled are kept",
    why="After two retries Lambda throws an event away, unless the function has a dead-letter queue.",
    mend=(
        "aws lambda update-function-configuration --function-name QualysECSFargateImageScanningLambda "
        "--dead-letter-config TargetArn={queue}"
    ),
)
def dead_letter_queue(estate: Estate) -> Outcome:
    """The function has a dead-letter queue that exists, with an alarm on it."""
    function = function_of(estate)
    if not function.dead_letters:
        found = "The function has no dead-letter queue: an event that fails three times is lost."
        return warned(f"{found} The guide has none either.") if by_hand(estate) else failed(found)
    if ":sqs:" not in function.dead_letters:
        return passed(f"They go to {function.dead_letters}.")
    queue = next((one for one in seen(estate.queues) if one.arn == function.dead_letters), None)
    if queue is None:
        return failed(f"The dead-letter queue {function.dead_letters} is not there.", queue=function.dead_letters)
    if queue.alarmed is False:
        return warned(f"Nobody is told when {queue.name} fills: it has no alarm.", queue=queue.arn)
    return passed(f"They go to {queue.name}.")


def _filled(estate: Estate) -> tuple[Queue, ...]:
    function_of(estate)
    return tuple(one for one in seen(estate.queues) if one.messages)


@check(
    "LW-EVT-009",
    "No event is parked",
    why="Each message is a task whose images may be unscanned.",
    mend="aws sqs receive-message --queue-url {url} --message-attribute-names All --visibility-timeout 0",
)
def nothing_parked(estate: Estate) -> Outcome:
    """The dead-letter queues are empty."""
    filled = _filled(estate)
    if not filled:
        return passed("The dead-letter queues are empty.")
    counts = ", ".join(f"{one.messages} in {one.name}" for one in filled)
    return failed(f"Events that could not be handled: {counts}.", url=filled[0].url)


@check(
    "LW-EVT-010",
    "No parked event is older than the newest scan",
    why="A scan has worked since, so the cause is probably mended: these events can be handled now, and wait in vain.",
    mend="aws sqs start-message-move-task --source-arn {queue}, or wait for the next sweep, then purge the queue",
)
def parked_before_scan(estate: Estate) -> Outcome:
    """No message in a dead-letter queue was sent before the newest build that succeeded."""
    filled = _filled(estate)
    if not filled:
        return passed("No event is parked.")
    scans = [one.started for one in seen(estate.builds) if one.succeeded and one.started]
    if not scans:
        return skipped("No scan has succeeded yet.")
    newest = max(scans)
    for queue in filled:
        oldest = seen(queue.oldest, "The messages are in somebody else's hands just now.")
        if oldest < newest:
            found = f"{queue.name} holds an event of {oldest:%Y-%m-%d %H:%M}; a scan of {newest:%Y-%m-%d %H:%M} worked."
            return failed(found, queue=queue.arn)
    return passed("The parked events are newer than the newest scan.")


@check(
    "LW-EVT-011",
    "The newest task was noticed",
    why="A task that runs and that the function has not heard of is the surest sign that events go astray.",
    mend='aws lambda invoke --function-name {function} --payload \'{{"landwaiter":"sweep"}}\' /dev/stdout',
)
def newest_task_noticed(estate: Estate) -> Outcome:
    """The function's log speaks of the newest Fargate task that has run for five minutes."""
    function = our_function(estate)
    tasks = seen(estate.tasks)
    if tasks.started is None:
        minutes = int(_AGE.total_seconds() // 60)
        return skipped(f"No task came into RUNNING between the function's last change and {minutes} minutes ago.")
    if seen(tasks.handled):
        return passed(f"{tasks.newest}.")
    found = f"{tasks.newest} runs since {tasks.started:%Y-%m-%d %H:%M}, and the function's log does not know it."
    return failed(found, function=function.arn)


@check(
    "LW-EVT-012",
    "Events that other accounts forward reach the function",
    why="Accounts whose events are handled centrally have no function of their own: here is their only way.",
    mend="aws events put-targets --event-bus-name {bus} --rule {rule} --targets Id=Trigger,Arn={function}",
)
def forwarded_events(estate: Estate) -> Outcome:
    """Each rule of the central bus is enabled, invokes the function and may do so, and takes Fargate's events."""
    function = our_function(estate)
    rules = [one for one in seen(estate.rules) if one.bus != "default"]
    if not rules:
        return skipped("No other account forwards its events to this one.")
    for rule in rules:
        outcome = _works(estate, (rule,), rule.name)
        if outcome.status == "passed" and "fargate running" not in rule.matches:
            outcome = failed(f"{rule.name} does not take a task on Fargate that comes into RUNNING.")
        if outcome.status != "passed":
            return failed(outcome.found, bus=rule.bus, rule=rule.name, function=function.arn)
    return passed(f"{', '.join(f'{one.name} of {one.bus}' for one in rules)}.")


CHECKS = (
    rule_exists,
    rule_enabled,
    rule_target,
    rule_permission,
    rule_pattern,
    stopped_rule,
    sweep_scheduled,
    dead_letter_queue,
    nothing_parked,
    parked_before_scan,
    newest_task_noticed,
    forwarded_events,
)
