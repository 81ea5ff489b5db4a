"""The allow list: networks that sensor calls are taken from."""

from ipaddress import ip_network

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.platform.auth.addresses import Network, parse_network
from landwaiter.platform.auth.models import AllowedNetwork
from landwaiter.platform.auth.tables import NetworkRow


def allow_network(session: Session, text: str, note: str = "") -> str:
    """Admit a network (or take a new note on it); return it in its canonical form. Raises InputError."""
    network = parse_network(text)
    session.execute(
        insert(NetworkRow)
        .values(network=network, note=note)
        .on_conflict_do_update(index_elements=["network"], set_={"note": note})
    )
    return network


def disallow_network(session: Session, text: str) -> str:
    """Take a network off the list; return its canonical form. Raises InputError when it is not on the list."""
    network = parse_network(text)
    done = session.execute(
        delete(NetworkRow).where(NetworkRow.network == network).returning(NetworkRow.network)
    ).first()
    if done is None:
        raise InputError(f"{network} is not on the list.", "See the list: landwaiter allow list.")
    return network


def list_networks(session: Session) -> tuple[AllowedNetwork, ...]:
    """Return the list. Empty, it admits the loopback addresses only."""
    rows = session.scalars(select(NetworkRow).order_by(NetworkRow.network))
    return tuple(AllowedNetwork(str(row.network), row.note, row.added) for row in rows)


def allowed_networks(session: Session) -> tuple[Network, ...]:
    """Return the list as networks to compare with."""
    return tuple(ip_network(str(network)) for network in session.scalars(select(NetworkRow.network)))
