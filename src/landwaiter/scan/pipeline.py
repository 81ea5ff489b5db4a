"""The steps of a scan, in order. Their names appear in the build's log, on the scan's page and in the documentation."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from landwaiter.errors import InputError
from landwaiter.images.access import Access
from landwaiter.images.models import ImageSource, Layer
from landwaiter.images.open import open_source
from landwaiter.images.reference import parse_reference
from landwaiter.inventory.take import read_layer
from landwaiter.scan.document import ScanDocument, StepReport
from landwaiter.scan.platform_client import ScanClient, UploadAnswer
from landwaiter.scan.settings import JobSettings

LAYERS_AT_ONCE = 2
"""Layers pulled and analysed at the same time; each holds a few megabytes."""


@dataclass(slots=True)
class Scan:
    """One run of the job: what it was told, and what the steps have found so far."""

    settings: JobSettings
    platform: ScanClient
    access: Access
    say: Callable[[str], None] = print
    source: ImageSource | None = None
    unknown: tuple[Layer, ...] = ()
    answer: UploadAnswer = field(default_factory=UploadAnswer)
    _open: ExitStack = field(default_factory=ExitStack)

    def run(self) -> UploadAnswer:
        """Run every step, tell the platform how long each took, and return its answer. Raises LandwaiterError."""
        with self._open:
            for step in STEPS:
                self._run_step(step)
        return self.answer

    def _run_step(self, step: "Callable[[Scan], str]") -> None:
        started, clock = datetime.now(UTC).isoformat(), time.perf_counter()
        name = step.__name__.replace("_", " ")
        detail, ok = "", False
        try:
            detail, ok = step(self), True
        finally:
            milliseconds = round((time.perf_counter() - clock) * 1000)
            self.say(f"{name}: {detail if ok else 'failed'} ({milliseconds} ms)")
            self.platform.report_steps([StepReport(name, started, milliseconds, detail, ok)])

    def opened(self) -> ImageSource:
        """Return the image's source, which the first step opened."""
        if self.source is None:
            raise InputError("The image is not resolved yet.", "Run the steps in their order.")
        return self.source


def resolve_image(scan: Scan) -> str:
    """Read manifest and config of the image for the task's platform; by digest where AWS told it."""
    settings = scan.settings
    reference = parse_reference(settings.image)
    target = str(reference.with_digest(settings.digest)) if settings.digest else settings.image
    opened = open_source(target, platform=settings.image_platform, access=scan.access)
    scan.source = scan._open.enter_context(opened)  # noqa: SLF001 - a step is a part of its scan
    image = scan.source.image
    return f"{image.digest} for {image.platform}, {len(image.layers)} layers"


def ask_for_known_layers(scan: Scan) -> str:
    """Ask the platform which layers it has facts of, analysed by this version."""
    layers = scan.opened().image.layers
    missing = set(scan.platform.missing_layers(tuple(layer.diff_id for layer in layers)))
    scan.unknown = tuple({layer.diff_id: layer for layer in layers if layer.diff_id in missing}.values())
    return f"{len(layers) - len(scan.unknown)} of {len(layers)} layers are known"


def analyse_new_layers(scan: Scan) -> str:
    """Stream each unknown layer, largest first, and hand in its facts as soon as they are there."""
    with ThreadPoolExecutor(LAYERS_AT_ONCE, "layer") as pool:
        largest_first = sorted(scan.unknown, key=lambda layer: layer.size, reverse=True)
        running = [pool.submit(_analyse, scan, layer) for layer in largest_first]
        try:
            found = sum(future.result() for future in as_completed(running))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    megabytes = sum(layer.size for layer in scan.unknown) / 1e6
    return f"{len(scan.unknown)} layers pulled ({megabytes:.1f} MB), {found} packages declared"


def upload_document(scan: Scan) -> str:
    """Hand in the image; when the platform lost a layer's facts meanwhile, analyse that layer again."""
    image = scan.opened().image
    document = ScanDocument(
        scan_id=scan.settings.scan_id,
        image=image,
        manifest_digest=image.digest,
        pulled_layers=len(scan.unknown),
        pulled_bytes=sum(layer.size for layer in scan.unknown),
    )
    scan.answer = scan.platform.upload_document(document)
    if scan.answer.missing:
        lost = {layer.diff_id: layer for layer in image.layers if layer.diff_id in scan.answer.missing}
        scan.unknown = tuple(lost.values())
        analyse_new_layers(scan)
        scan.answer = scan.platform.upload_document(document)
    if not scan.answer.state:
        raise InputError(
            f"The platform did not take the scan document: it lacks the facts of {len(scan.answer.missing)} layers.",
            "Its log says why; the next event of this image tries again.",
        )
    verdict = (scan.answer.verdict or {}).get("status", "")
    return f"{scan.answer.state}, verdict {verdict}" if verdict else scan.answer.state


STEPS: tuple[Callable[[Scan], str], ...] = (
    resolve_image,
    ask_for_known_layers,
    analyse_new_layers,
    upload_document,
)


def _analyse(scan: Scan, layer: Layer) -> int:
    facts = read_layer(scan.opened(), layer)
    scan.platform.upload_layer(facts)
    return sum(len(evidence.packages) for evidence in facts.evidence)
