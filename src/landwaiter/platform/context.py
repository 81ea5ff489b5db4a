"""What every part of a running platform shares: its settings, its database, its advisory data."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from logging import getLogger

from landwaiter.platform.findings.assess import assess_image
from landwaiter.platform.findings.bundles import BundleShelf
from landwaiter.platform.findings.changes import Changes
from landwaiter.platform.sensors.service import Pace
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.database import Database
from landwaiter.platform.tasks.answers import Terms
from landwaiter.platform.tasks.intake import Intake
from landwaiter.policy.models import Verdict

_LOG = getLogger(__name__)


@dataclass(frozen=True)
class Platform:
    """A platform with an open database."""

    settings: Settings
    database: Database
    bundles: BundleShelf
    pace: Pace = field(default_factory=Pace)
    """How often who calls is noted."""

    @cached_property
    def intake(self) -> Intake:
        """The door for events of tasks."""
        return Intake(self.database, self.terms)

    @property
    def lease(self) -> timedelta:
        """How long a scan holds its lease without a sign of life."""
        return timedelta(minutes=self.settings.lease_minutes)

    @property
    def silence(self) -> timedelta:
        """How long a sensor may say nothing."""
        return timedelta(minutes=self.settings.silent_minutes)

    @property
    def terms(self) -> Terms:
        """The terms on which images are leased."""
        return Terms(self.lease, timedelta(minutes=self.settings.reference_minutes))

    def assess(self, image_id: int, changes: Changes | None = None) -> Verdict | None:
        """Assess a stored image with the newest advisory data; return its verdict, None when the image is gone."""
        bundle = changes.matcher.bundle if changes is not None else self.bundles.current()
        problem = "" if bundle is not None else self.bundles.problem()
        return assess_image(self.database, image_id, bundle, problem, self.settings.policy, changes=changes)

    def assess_soon(self, image_id: int, changes: Changes | None = None) -> Verdict | None:
        """Assess an image now if that goes well; else leave it to the job that waits for it, and return None.

        `changes` are those of the newest bundle, if they are known: then only what they touch is matched again.
        """
        try:
            return self.assess(image_id, changes)
        except Exception:  # noqa: BLE001 - whatever it is, the document is stored, and the job will tell again
            _LOG.exception("image %d was not assessed at once; the job will try again", image_id)
            return None


def platform_of(settings: Settings, database: Database | None = None) -> Platform:
    """Return the platform of these settings; its database is not open yet."""
    database = database or Database(settings.database_url, settings.database_folder)
    return Platform(settings, database, BundleShelf(settings.bundle_folder))
