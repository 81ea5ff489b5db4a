"""What to tell the sensor about each image of the tasks it reports: known, being scanned, or please scan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.events.models import ContainerState, TaskState
from landwaiter.images.digest import parse_digest
from landwaiter.inventory.models import ANALYSER_VERSION
from landwaiter.platform.images import service as images
from landwaiter.platform.images.references import pinned_digest, platform_of
from landwaiter.platform.images.service import KnownImage
from landwaiter.platform.scans.lease import give_back, lease
from landwaiter.platform.scans.models import Lease, Wanted
from landwaiter.platform.store.base import now, text_of
from landwaiter.platform.tasks.models import ImageAnswer

STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a lease lasts, and how long a tag is taken for the image that was scanned under it last."""

    lease: timedelta
    reference: timedelta


@dataclass(frozen=True, slots=True)
class Use:
    """A container of a task, with the image it names: `digest` is "" where nobody told it."""

    task: TaskState
    container: ContainerState
    image: str
    digest: str
    platform: str

    @property
    def name(self) -> tuple[str, str]:
        """By what the image is looked up, and leased: digest if known, else reference; and platform."""
        return (self.digest or self.image, self.platform)


@dataclass(slots=True)
class Placed:
    """The answers; and for each (task ARN, container) the image that it runs and the scan that answers for it."""

    answers: list[ImageAnswer] = field(default_factory=list)
    images: dict[tuple[str, str], int] = field(default_factory=dict)
    scans: dict[tuple[str, str], str] = field(default_factory=dict)
    leased: dict[str, str] = field(default_factory=dict)
    """The new scans by their lease key."""


def uses_of(tasks: Iterable[TaskState]) -> list[Use]:
    """Return the containers of the tasks with their images, each name once. Raises InputError."""
    return [
        _use(task, container) for task in tasks for container in {item.name: item for item in task.containers}.values()
    ]


def answer(session: Session, uses: Sequence[Use], terms: Terms) -> Placed:
    """Look the images up, lease those that are not known, and say for each container what is to be done."""
    known = _known(session, uses, terms)
    wanted = [_wanted(use) for use in uses if use.task.last_status != STOPPED and not _current(known.get(use.name))]
    leases = lease(session, wanted, terms.lease)
    leases = _recheck(session, uses, terms, known, leases)
    placed, given = Placed(), set[str]()
    placed.leased = {key: leased.scan_id for key, leased in leases.items() if leased.mine}
    for use in uses:
        place, found, leased = (
            (use.task.task_arn, use.container.name),
            known.get(use.name),
            leases.get(_wanted(use).key),
        )
        if found is not None:
            placed.images[place] = found.id
        if leased is not None and use.task.last_status != STOPPED:
            placed.scans[place] = leased.scan_id
        placed.answers.append(_answer(use, found, leased, given))
    return placed


def _use(task: TaskState, container: ContainerState) -> Use:
    digest = container.image_digest or pinned_digest(container.image)
    try:
        digest = parse_digest(digest) if digest else ""
    except InputError:
        digest = ""
    return Use(task, container, text_of(container.image), digest, platform_of(task.architecture))


def _wanted(use: Use) -> Wanted:
    task = use.task
    return Wanted(
        image=use.image,
        digest=use.digest,
        platform=use.platform,
        account=text_of(task.account),
        region=text_of(task.region),
        task_arn=text_of(task.task_arn),
        task_version=task.version,
        patient=task.source == "sweep",
    )


def _known(session: Session, uses: Sequence[Use], terms: Terms) -> dict[tuple[str, str], KnownImage]:
    digests = sorted({use.name for use in uses if use.digest})
    references = sorted({use.name for use in uses if not use.digest})
    return images.by_digest(session, digests) | images.by_reference(session, references, now() - terms.reference)


def _current(image: KnownImage | None) -> bool:
    return image is not None and image.analyser == ANALYSER_VERSION


def _recheck(
    session: Session,
    uses: Sequence[Use],
    terms: Terms,
    known: dict[tuple[str, str], KnownImage],
    leases: Mapping[str, Lease],
) -> dict[str, Lease]:
    """Give a lease back whose image has become known between looking it up and getting the lease."""
    mine = [use for use in uses if (leased := leases.get(_wanted(use).key)) is not None and leased.mine]
    if not mine:
        return dict(leases)
    known |= _known(session, mine, terms)
    over = {_wanted(use).key for use in mine if _current(known.get(use.name))}
    for key in sorted(over):
        give_back(session, leases[key].scan_id)
    return {key: leased for key, leased in leases.items() if key not in over}


def _answer(use: Use, found: KnownImage | None, leased: Lease | None, given: set[str]) -> ImageAnswer:
    state, scan_id, reason = "stopped", "", "the task has stopped"
    if use.task.last_status != STOPPED:
        state, reason = "known", "its layers and packages are on the platform"
        if leased is not None:
            mine = leased.mine and leased.scan_id not in given
            state, scan_id, reason = "scan" if mine else "scanning", leased.scan_id, leased.reason
            given.add(leased.scan_id)
    return ImageAnswer(
        container=use.container.name,
        image=use.container.image,
        digest=found.digest if found is not None else use.digest,
        state=state,
        scan_id=scan_id,
        architecture=use.platform.split("/")[1],
        reason=reason,
    )
