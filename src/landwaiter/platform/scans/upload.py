"""Taking in a scan document: the image, coalesced from the facts of its layers, becomes known."""

import time
from datetime import timedelta

import msgspec
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.images.digest import parse_digest
from landwaiter.images.models import Image
from landwaiter.inventory.coalesce import coalesce
from landwaiter.platform.images.layers import check_analyser, missing_layers, read_facts, reference_layers
from landwaiter.platform.images.store import name_image, store_image
from landwaiter.platform.jobs.names import ASSESS_IMAGE
from landwaiter.platform.jobs.queue import defer
from landwaiter.platform.scans.service import add_steps, scan_row
from landwaiter.platform.scans.tables import ScanRow
from landwaiter.platform.store.base import now
from landwaiter.platform.tasks.containers import resolve_containers
from landwaiter.scan.document import ScanDocument, StepReport

MOST_LAYERS = 1000
"""Docker stops at 127, OCI sets no limit."""
ASSESS_AFTER = timedelta(seconds=10)
"""The request that brought the document assesses it at once; the job is there in case that request dies."""


class MissingFactsError(Exception):
    """The facts of some layers have not been uploaded; `missing` names them."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(f"{len(missing)} layers are missing")
        self.missing = missing


def take_document(session: Session, scan_id: str, document: ScanDocument) -> int:
    """Store the image of a document and its inventory; return the image's row. Repeating it changes nothing.

    Raises MissingFactsError, or InputError when the document is of another scan or image. A scan that has failed or
    whose lease ran out may still hand in its document: it is as good as any.
    """
    begun = time.monotonic()
    started = now()
    row = scan_row(session, scan_id, lock=True)
    _check(row, document)
    if row.image_id is not None and row.state in {"stored", "assessed"}:
        return row.image_id
    diff_ids = [layer.diff_id for layer in document.image.layers]
    if missing := missing_layers(session, diff_ids, document.analyser):
        raise MissingFactsError(missing)
    image = msgspec.structs.replace(document.image, digest=document.manifest_digest)
    image_id = _store(session, row, image, document, diff_ids)
    milliseconds = int((time.monotonic() - begun) * 1000)
    report = StepReport("store", started.isoformat(), milliseconds, f"{len(diff_ids)} layers coalesced and stored")
    add_steps(session, scan_id, [report], origin="platform")
    return image_id


def _store(session: Session, row: ScanRow, image: Image, document: ScanDocument, diff_ids: list[str]) -> int:
    inventory = coalesce(image, read_facts(session, diff_ids, document.analyser))
    image_id = store_image(session, image, inventory, analyser=document.analyser, platform=row.platform)
    digests = [image.digest, image.index_digest or "", row.digest]
    name_image(session, image_id, [image.reference, row.image], digests, row.platform)
    reference_layers(session, diff_ids, document.analyser)
    time_now = now()
    row.image_id, row.state, row.updated, row.finished = image_id, "stored", time_now, time_now
    row.failure_kind = row.failure_what = row.failure_remedy = ""
    row.pulled_layers, row.pulled_bytes = document.pulled_layers, document.pulled_bytes
    session.flush()
    resolve_containers(session, row.id, image_id, [digest for digest in digests if digest], row.platform)
    defer(session, ASSESS_IMAGE, f"assess {image_id}", delay=ASSESS_AFTER, priority=10, image_id=image_id)
    return image_id


def _check(row: ScanRow, document: ScanDocument) -> None:
    if document.scan_id != row.id:
        raise InputError("The document is of another scan.", "Send it to the scan whose id it carries.")
    parse_digest(document.manifest_digest)
    check_analyser(document.analyser)
    if document.image.index_digest:
        parse_digest(document.image.index_digest)
    if row.digest and row.digest not in {document.manifest_digest, document.image.index_digest}:
        raise InputError(
            f"The document is of image {document.manifest_digest}, the scan is of {row.digest}.",
            "Pull the image by the digest that the scan names.",
        )
    if not 0 <= document.pulled_bytes < 2**63 or not 0 <= document.pulled_layers <= MOST_LAYERS:
        raise InputError("The document's numbers of pulled layers and bytes are impossible.", "Send what was pulled.")
    if len(document.image.layers) > MOST_LAYERS:
        raise InputError(f"The image has {len(document.image.layers)} layers.", f"At most {MOST_LAYERS} are taken.")
