"""What the platform must know of a deployment: the addresses it calls from, and its sensor token.

All that we enter there carries a note that names account and region, by which the same run finds it again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from landwaiter.aws.deployment.platform_client import AllowedNetwork, PlatformAdmin, covers
from landwaiter.aws.deployment.steps import Finding, Step, removal
from landwaiter.errors import InputError

NO_TOKEN = InputError(
    "There is no sensor token for the scanning stack.",
    "Make one on the platform (landwaiter tokens create --scope sensor) and set LANDWAITER_TOKEN, or set "
    "LANDWAITER_ADMIN_TOKEN to have one made.",
)


@dataclass(frozen=True, slots=True)
class PlatformLogin:
    """How the platform's admin API is reached; without `admin_token` its part is left to a person."""

    url: str
    admin_token: str = ""
    root_ca: str = ""

    def __repr__(self) -> str:
        return f"PlatformLogin(url={self.url!r})"

    @contextmanager
    def open(self) -> Iterator[PlatformAdmin]:
        """The admin API, for as long as the block."""
        with PlatformAdmin(self.url, self.admin_token, self.root_ca) as admin:
            yield admin


class Access:
    """The allow list and the tokens of one platform, as far as one account and region are concerned."""

    def __init__(self, login: PlatformLogin, account: str, region: str) -> None:
        self._login = login
        self._account = account
        self.note = f"landwaiter aws: {account}/{region}"

    @property
    def automatic(self) -> bool:
        """Tell whether we may change the platform's settings ourselves."""
        return bool(self._login.admin_token and self._login.url)

    def admission(self, addresses: Callable[[], Sequence[str]]) -> Step:
        """The step that enters the addresses from which the platform is called in its allow list."""
        return Step(
            "allow-list",
            "Elastic IP on the platform's allow list",
            1,
            "Enter the address from which AWS calls in the platform's list of permitted networks.",
            lambda: self._look(addresses()),
            lambda: self._admit(addresses()),
        )

    def removal(self, addresses: Callable[[], Sequence[str]], deployed: Callable[[], bool]) -> Step:
        """The step that takes back what `admission` and `new_token` entered; `addresses` are ours to give up.

        Where a person has to do it, they are asked to only while something is `deployed`.
        """
        return Step(
            "access",
            "Withdraw the access to the platform",
            0,
            "Take the Elastic IP off the list of permitted networks, and revoke the sensor token that was made.",
            lambda: self._look_removal(addresses(), deployed=deployed()),
            lambda: self._withdraw(addresses()),
        )

    def new_token(self) -> str:
        """Make a sensor token for the account. One that an interrupted run made and nobody has is revoked."""
        with self._login.open() as admin:
            self._revoke(admin)
            return admin.new_sensor_token(self._account, self.note)

    def _look(self, addresses: Sequence[str]) -> Finding:
        if not addresses:
            return Finding("to do", "after the network stack, which brings the address")
        if not self.automatic:
            return Finding("by hand", self._by_hand(addresses))
        with self._login.open() as admin:
            listed = admin.allow_list()
        missing = [address for address in addresses if not covers([one.network for one in listed], address)]
        outdated = self._outdated(listed, addresses)
        told = [*(f"{one} is not on it" for one in missing), *(f"{one} is no longer ours" for one in outdated)]
        return Finding("to do", ", ".join(told)) if told else Finding("done", ", ".join(addresses))

    def _by_hand(self, addresses: Sequence[str]) -> str:
        commands = [f'landwaiter allow add {address} --note "{self.note}"' for address in addresses]
        return "on the platform: " + " && ".join(commands)

    def _admit(self, addresses: Sequence[str]) -> str:
        if not self.automatic:
            return f"by hand, {self._by_hand(addresses)}"
        with self._login.open() as admin:
            listed = admin.allow_list()
            networks = [one.network for one in listed]
            missing = [address for address in addresses if not covers(networks, address)]
            for address in missing:
                admin.admit(address, self.note)
            for network in self._outdated(listed, addresses):
                admin.withdraw(network)
        return f"{', '.join(addresses)} {'entered' if missing else 'is on it'}"

    def _outdated(self, listed: Sequence[AllowedNetwork], addresses: Sequence[str]) -> list[str]:
        """Entries of earlier deployments here: their addresses belong to strangers by now."""
        return [
            one.network
            for one in listed
            if one.note == self.note and not any(covers([one.network], address) for address in addresses)
        ]

    def _ours(self, listed: Sequence[AllowedNetwork], addresses: Sequence[str]) -> list[str]:
        single = {f"{address}/32" for address in addresses} | set(addresses)
        return [one.network for one in listed if one.note == self.note or one.network in single]

    def _tokens(self, admin: PlatformAdmin) -> list[str]:
        return [one.prefix for one in admin.tokens() if one.note == self.note and not one.revoked]

    def _revoke(self, admin: PlatformAdmin) -> int:
        prefixes = self._tokens(admin)
        for prefix in prefixes:
            admin.revoke_token(prefix)
        return len(prefixes)

    def _look_removal(self, addresses: Sequence[str], *, deployed: bool) -> Finding:
        if not self.automatic:
            if not deployed:
                return Finding("done", "there is none")
            return Finding("by hand", self._removal_by_hand(addresses))
        with self._login.open() as admin:
            networks, tokens = self._ours(admin.allow_list(), addresses), self._tokens(admin)
        return removal(bool(networks or tokens), ", ".join([*networks, *(f"token {one}" for one in tokens)]))

    def _removal_by_hand(self, addresses: Sequence[str]) -> str:
        commands = [f"landwaiter allow remove {address}" for address in addresses]
        noted = f'what has the note "{self.note}" (landwaiter allow list, landwaiter tokens list)'
        return f"on the platform, remove {noted}" + "".join(f"; {command}" for command in commands)

    def _withdraw(self, addresses: Sequence[str]) -> str:
        if not self.automatic:
            return f"by hand, {self._removal_by_hand(addresses)}"
        with self._login.open() as admin:
            networks = self._ours(admin.allow_list(), addresses)
            for network in networks:
                admin.withdraw(network)
            tokens = self._revoke(admin)
        return f"{', '.join(networks) or 'no network'} withdrawn, {tokens} tokens revoked"
