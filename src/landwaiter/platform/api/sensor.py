"""The sensor API: what the Lambda function and the scan job say, and what they are answered."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.inventory.models import LayerFacts
from landwaiter.platform.api.access import PlatformHere, Sensor, check_account, platform_of_request, sensor
from landwaiter.platform.api.answers import answer, describes, nothing, reply
from landwaiter.platform.api.bodies import MEGABYTE, document
from landwaiter.platform.api.errors import ErrorAnswer, MissingAnswer
from landwaiter.platform.auth.models import Caller
from landwaiter.platform.context import Platform
from landwaiter.platform.images import layers
from landwaiter.platform.scans import service as scans
from landwaiter.platform.scans.models import SensorScan
from landwaiter.platform.scans.upload import take_document
from landwaiter.platform.sensors.service import note_call
from landwaiter.platform.tasks.models import Sweep, SweepAnswer, TaskAnswer, TaskReport
from landwaiter.platform.tasks.record import record_sweep
from landwaiter.policy.models import Verdict
from landwaiter.scan.document import LayerAnswer, LayerQuery, ScanDocument, ScanFailure, StepReport

MOST_DIFF_IDS = 1000


class BuildReport(msgspec.Struct, frozen=True):
    """The build that was started for a scan, or the `error` that kept it from starting."""

    build_id: str = ""
    error: str = ""


class DocumentAnswer(msgspec.Struct, frozen=True):
    """Answer to a scan document: "assessed" with the verdict, or "stored" when the assessment comes later."""

    state: str
    verdict: Verdict | None


_ANSWERS = describes({400: ErrorAnswer, 401: ErrorAnswer, 403: ErrorAnswer, 413: ErrorAnswer})
hot = APIRouter(prefix="/api/v1/sensor", tags=["sensor"], responses=_ANSWERS)
"""The one route that admits its callers itself."""
router = APIRouter(prefix="/api/v1/sensor", tags=["sensor"], dependencies=[Depends(sensor)], responses=_ANSWERS)

_task_report = document(TaskReport, 2 * MEGABYTE)


@hot.post("/tasks", **answer(TaskAnswer, body=TaskReport))
async def report_task(request: Request) -> Response:
    """Take in the state of one task, and say for each of its images what is to be done."""
    # Hundreds of these come a second: what FastAPI would do for the parameters takes longer than the rest.
    caller, platform = await sensor(request), platform_of_request(request)
    report = await _task_report(request)
    account, region = report.task.account, report.task.region
    check_account(caller, account)
    answered = await platform.intake.take(report)
    if _due(platform, caller, account, region, sweep=False):
        await run_in_threadpool(_note, platform, caller, account, region, sweep=False)
    return reply(answered)


@router.post("/sweep", **answer(SweepAnswer, body=Sweep))
def report_sweep(
    caller: Sensor,
    platform: PlatformHere,
    sweep: Annotated[Sweep, Depends(document(Sweep, 64 * MEGABYTE))],
) -> Response:
    """Take in everything that runs in some clusters, and close what runs there no more."""
    for account in {sweep.account, *(report.task.account for report in sweep.tasks)}:
        if sweep.clusters or sweep.tasks:
            check_account(caller, account)
    answered = record_sweep(platform.database, sweep, platform.terms)
    if sweep.account and _due(platform, caller, sweep.account, sweep.region, sweep=True):
        _note(platform, caller, sweep.account, sweep.region, sweep=True)
    return reply(answered)


@router.get("/scans/{scan_id}", **answer(SensorScan, others={404: ErrorAnswer}))
def read_scan(caller: Sensor, platform: PlatformHere, scan_id: str) -> Response:
    """Return a scan as its job sees it."""
    with platform.database.begin() as session:
        _own(caller, scans.scan_row(session, scan_id).account)
        return reply(scans.sensor_scan(session, scan_id))


@router.post("/scans/{scan_id}/build", **answer(None, body=BuildReport, others={404: ErrorAnswer}))
def report_build(
    caller: Sensor,
    platform: PlatformHere,
    scan_id: str,
    report: Annotated[BuildReport, Depends(document(BuildReport, MEGABYTE))],
) -> Response:
    """Note the build that works on a scan, or free the lease when none could be started."""
    with platform.database.begin() as session:
        _own(caller, scans.scan_row(session, scan_id).account)
        if report.error:
            remedy = "See that the project exists and that the function may start builds: landwaiter aws doctor."
            scans.fail(session, scan_id, ScanFailure("build-not-started", report.error, remedy))
        else:
            scans.build_started(session, scan_id, report.build_id, platform.lease)
    return nothing()


@router.post("/scans/{scan_id}/steps", **answer(None, body=list[StepReport], others={404: ErrorAnswer}))
def report_steps(
    caller: Sensor,
    platform: PlatformHere,
    scan_id: str,
    steps: Annotated[list[StepReport], Depends(document(list[StepReport], MEGABYTE))],
) -> Response:
    """Add to the journey of a scan; renew its lease."""
    with platform.database.begin() as session:
        _renew(session, caller, platform, scan_id, "building")
        scans.add_steps(session, scan_id, steps)
    return nothing()


@router.post("/scans/{scan_id}/layers/query", **answer(LayerAnswer, body=LayerQuery, others={404: ErrorAnswer}))
def query_layers(
    caller: Sensor,
    platform: PlatformHere,
    scan_id: str,
    query: Annotated[LayerQuery, Depends(document(LayerQuery, MEGABYTE))],
) -> Response:
    """Say which layers' facts the platform lacks; renew the lease."""
    if len(query.diff_ids) > MOST_DIFF_IDS:
        raise InputError(f"{len(query.diff_ids)} layers are too many.", f"Ask for at most {MOST_DIFF_IDS}.")
    layers.check_analyser(query.analyser)
    with platform.database.begin() as session:
        _renew(session, caller, platform, scan_id, "uploading")
        return reply(LayerAnswer(layers.missing_layers(session, query.diff_ids, query.analyser)))


@router.put("/layers/{diff_id}", **answer(None, body=LayerFacts))
def upload_layer(
    caller: Sensor,
    platform: PlatformHere,
    diff_id: str,
    facts: Annotated[LayerFacts, Depends(document(LayerFacts, 64 * MEGABYTE))],
) -> Response:
    """Take in the facts of one layer. Repeating it changes nothing."""
    if facts.diff_id != diff_id:
        raise InputError(
            f"The facts are of layer {facts.diff_id[:80]}, not {diff_id[:80]}.", "Send them to their own address."
        )
    with platform.database.begin() as session:
        layers.store_facts(session, facts, f"{caller.name} from {caller.address}")
    return nothing()


@router.put(
    "/scans/{scan_id}/document",
    **answer(DocumentAnswer, body=ScanDocument, others={404: ErrorAnswer, 409: MissingAnswer}),
)
def upload_document(
    caller: Sensor,
    platform: PlatformHere,
    scan_id: str,
    scanned: Annotated[ScanDocument, Depends(document(ScanDocument, 32 * MEGABYTE))],
) -> Response:
    """Take in the image of a scan, and assess it at once. Repeating it changes nothing.

    The image is committed, with a job to assess it, before the assessment begins: should that fail, the job is left.
    """
    with platform.database.begin() as session:
        _own(caller, scans.scan_row(session, scan_id).account)
    image_id = platform.database.retry(lambda session: take_document(session, scan_id, scanned))
    verdict = platform.assess_soon(image_id)
    return reply(DocumentAnswer("assessed" if verdict is not None else "stored", verdict))


@router.post("/scans/{scan_id}/failure", **answer(None, body=ScanFailure, others={404: ErrorAnswer}))
def report_failure(
    caller: Sensor,
    platform: PlatformHere,
    scan_id: str,
    failure: Annotated[ScanFailure, Depends(document(ScanFailure, MEGABYTE))],
) -> Response:
    """Note why a scan failed, and free its lease: the next task of this image starts a new one."""
    with platform.database.begin() as session:
        _own(caller, scans.scan_row(session, scan_id).account)
        scans.fail(session, scan_id, failure)
    return nothing()


def _due(platform: Platform, caller: Caller, account: str, region: str, *, sweep: bool) -> bool:
    """Tell whether the call of this sensor is to be noted, which it is not if that was done a moment ago."""
    return platform.pace.due("call", account, region, caller.name, str(sweep))


def _note(platform: Platform, caller: Caller, account: str, region: str, *, sweep: bool) -> None:
    token = caller.name.removeprefix("token ")
    with platform.database.begin() as session:
        note_call(session, account, region, token=token, address=caller.address, sweep=sweep)


def _renew(session: Session, caller: Caller, platform: Platform, scan_id: str, state: str) -> None:
    _own(caller, scans.scan_row(session, scan_id).account)
    scans.renew(session, scan_id, platform.lease, state)


def _own(caller: Caller, account: str) -> None:
    """Let a token that is bound to an account see the scans of that account only."""
    if caller.account and caller.account != account:
        raise scans.UnknownScanError("There is no such scan for this token.", "Use the token of the scan's account.")
