"""What anybody may ask without a token: whether the platform serves, and whether its advisory data is good."""

import msgspec
from fastapi import APIRouter, Response
from sqlalchemy import text

import landwaiter
from landwaiter.platform.api.access import PlatformHere
from landwaiter.platform.api.answers import answer, reply
from landwaiter.platform.api.errors import ErrorAnswer
from landwaiter.platform.findings.freshness import data_age
from landwaiter.platform.store.base import now


class BundleHealth(msgspec.Struct, frozen=True):
    """The advisory data in use: "fresh", "stale" (older than the policy allows) or "unknown"; its age in seconds."""

    built: str
    newest: str
    age_seconds: int | None
    state: str


class Health(msgspec.Struct, frozen=True):
    """`status` is "ok", or "degraded" while verdicts cannot be given for want of good advisory data."""

    status: str
    version: str
    bundle: BundleHealth | None


router = APIRouter(prefix="/api/v1", tags=["health"])


@router.get("/health", **answer(Health, others={503: ErrorAnswer}), openapi_extra={"security": []})
def read_health(platform: PlatformHere) -> Response:
    """Tell whether the platform serves, and how old its advisory data is. Needs no token, tells nothing else."""
    with platform.database.begin() as session:
        session.execute(text("SELECT 1"))
    age = data_age(platform.bundles.described(), platform.settings.policy.max_age_hours, now())
    bundle = BundleHealth(age.built, age.newest, age.age_seconds, age.state) if age is not None else None
    status = "ok" if bundle is not None and bundle.state == "fresh" else "degraded"
    return reply(Health(status, landwaiter.__version__, bundle))
