"""The allow list: networks that sensor calls are taken from."""

from ipaddress import ip_network

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.platform.auth.addresses import Network, is_anywhere, parse_network
from landwaiter.platform.auth.models import AllowedNetwork
from landwaiter.platform.auth.tables import NetworkRow
from landwaiter.platform.store.base import text_of

LONGEST_NOTE = 500


def allow_network(session: Session, text: str, note: str = "", *, anywhere: bool = False) -> tuple[str, bool]:
    """Admit a network, or take a new note on it; return it in its canonical form, and whether that changed the list.

    Raises InputError; also on a network that admits about everybody, unless `anywhere` says that this is meant.
    """
    network, note = parse_network(text), text_of(note)[:LONGEST_NOTE]
    if is_anywhere(network) and not anywhere:
        raise InputError(
            f"{network} would admit calls from about anywhere.",
            'Name the addresses of your NAT gateways; if this is meant, say so: --anywhere, or "anywhere": true.',
        )
    query = insert(NetworkRow).values(network=network, note=note)
    query = query.on_conflict_do_update(index_elements=["network"], set_={"note": note}, where=NetworkRow.note != note)
    return network, session.execute(query.returning(NetworkRow.network)).first() is not None


def disallow_network(session: Session, text: str) -> tuple[str, bool]:
    """Take a network off the list; return its canonical form, and whether it was on it. Raises InputError."""
    network = parse_network(text)
    query = delete(NetworkRow).where(NetworkRow.network == network).returning(NetworkRow.network)
    return network, session.execute(query).first() is not None


def list_networks(session: Session) -> tuple[AllowedNetwork, ...]:
    """Return the list. Empty, it admits the loopback addresses only."""
    rows = session.scalars(select(NetworkRow).order_by(NetworkRow.network))
    return tuple(AllowedNetwork(str(row.network), row.note, row.added) for row in rows)


def allowed_networks(session: Session) -> tuple[Network, ...]:
    """Return the list as networks to compare with."""
    return tuple(ip_network(str(network)) for network in session.scalars(select(NetworkRow.network)))
