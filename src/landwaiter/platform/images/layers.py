"""Layer facts: which are known, taking new ones in, reading those of an image."""

import logging
from collections.abc import Sequence

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.images.digest import parse_digest
from landwaiter.inventory.models import ANALYSER_VERSION, LayerFacts
from landwaiter.platform.images.packing import pack, unpack
from landwaiter.platform.images.tables import LayerRow
from landwaiter.platform.store.base import now
from landwaiter.platform.store.bulk import among

_LOG = logging.getLogger(__name__)


def check_analyser(analyser: str) -> None:
    """Raise InputError unless `analyser` is that of this release: facts of another one would not coalesce with ours."""
    if analyser != ANALYSER_VERSION:
        raise InputError(
            f"The layer facts are of analyser version {analyser[:40]!r}, this platform takes {ANALYSER_VERSION!r}.",
            "Deploy the scan job of the platform's release: landwaiter aws up.",
        )


def missing_layers(session: Session, diff_ids: Sequence[str], analyser: str) -> tuple[str, ...]:
    """Return those layers whose facts are not stored, in the order given, each once.

    The facts that are there get a new date, so that the clean-up leaves them while a document is on its way.
    """
    known = set(
        session.scalars(
            update(LayerRow)
            .where(among(LayerRow.diff_id, diff_ids), LayerRow.analyser == analyser)
            .where(~LayerRow.referenced)
            .values(added=func.now())
            .returning(LayerRow.diff_id)
        )
    )
    known |= set(
        session.scalars(
            select(LayerRow.diff_id).where(among(LayerRow.diff_id, diff_ids), LayerRow.analyser == analyser)
        )
    )
    return tuple(diff_id for diff_id in dict.fromkeys(diff_ids) if diff_id not in known)


def store_facts(session: Session, facts: LayerFacts, sender: str = "") -> bool:
    """Store the facts of one layer; return False when they were stored already.

    The first facts stay: they are a pure function of the layer, so later ones can only be the same, or wrong. Others
    for the same layer are written to the log with their `sender`. Raises InputError on a bad diff_id or analyser.
    """
    parse_digest(facts.diff_id)
    check_analyser(facts.analyser)
    done = session.execute(
        insert(LayerRow)
        .values(diff_id=facts.diff_id, analyser=facts.analyser, facts=pack(facts), added=now())
        .on_conflict_do_nothing()
        .returning(LayerRow.diff_id)
    ).first()
    if done is None and read_facts(session, [facts.diff_id], facts.analyser) != [facts]:
        _LOG.warning("conflict: %s sent other facts of layer %s; the first ones stay", sender, facts.diff_id)
    return done is not None


def read_facts(session: Session, diff_ids: Sequence[str], analyser: str) -> list[LayerFacts]:
    """Return the facts of an image's layers in order; `missing_layers` must be empty, or KeyError is raised."""
    rows = session.execute(
        select(LayerRow.diff_id, LayerRow.facts).where(among(LayerRow.diff_id, diff_ids), LayerRow.analyser == analyser)
    )
    known = {diff_id: unpack(data, LayerFacts) for diff_id, data in rows}
    return [known[diff_id] for diff_id in diff_ids]


def reference_layers(session: Session, diff_ids: Sequence[str], analyser: str) -> None:
    """Mark facts as used by a stored image."""
    keys = [(diff_id, analyser) for diff_id in sorted(set(diff_ids))]
    session.execute(
        update(LayerRow)
        .where(tuple_(LayerRow.diff_id, LayerRow.analyser).in_(keys), ~LayerRow.referenced)
        .values(referenced=True)
    )
