"""Collects what compliance checks want to know of a layer's files: modes, accounts, notable names, secrets."""

from landwaiter.images.tarstream import Member
from landwaiter.inventory import accounts, bounds, notable, secrets
from landwaiter.inventory.bounds import Bounded
from landwaiter.inventory.models import Account, FileFact, Note, SecretFact

_SETID = 0o6000
_OTHERS_WRITE, _STICKY = 0o002, 0o1000


class FileCollector:
    """The compliance evidence of one layer."""

    def __init__(self) -> None:
        self.setuid: Bounded[FileFact] = Bounded(bounds.MAX_FILE_FACTS, "setuid and setgid files")
        self._notable: Bounded[FileFact] = Bounded(bounds.MAX_FILE_FACTS, "notable files")
        self.secrets: Bounded[SecretFact] = Bounded(bounds.MAX_SECRETS, "secrets")
        self.accounts: dict[str, tuple[Account, ...]] = {}
        self._caches: dict[str, int] = {}
        self._searched = 0
        self._not_searched = 0

    def take(self, member: Member) -> None:
        """Take a regular file by its name and mode."""
        path, mode = member.path, member.mode
        if mode & _SETID:
            self.setuid.add(_fact(member))
        if mode & _OTHERS_WRITE:
            self._notable.add(_fact(member, "world-writable"))
        if kind := notable.notable_file(path):
            self._notable.add(_fact(member, kind))
        if cache := notable.cache_folder(path):
            self._caches[cache] = self._caches.get(cache, 0) + member.size

    def take_content(self, member: Member) -> None:
        """Read a regular file that no analyser wanted, if accounts or secrets may be in it."""
        if member.path in accounts.PATHS:
            self.accounts[member.path] = accounts.read_accounts(member.path, member.read(accounts.LIMIT))
        elif 0 < member.size <= secrets.LIMIT and secrets.suspicious(member.path):
            self._search(member)

    def take_folder(self, member: Member) -> None:
        """Take a folder by its name and mode."""
        if member.mode & _OTHERS_WRITE and not member.mode & _STICKY:
            self._notable.add(_fact(member, "world-writable-folder"))
        if kind := notable.notable_folder(member.path):
            self._notable.add(_fact(member, kind))

    def _search(self, member: Member) -> None:
        if self._searched + member.size > bounds.MAX_SECRET_BYTES:
            self._not_searched += 1
            return
        self._searched += member.size
        for secret in secrets.find_secrets(member.path, member.read(secrets.LIMIT)):
            self.secrets.add(secret)

    @property
    def notable(self) -> tuple[FileFact, ...]:
        """The notable files, and one entry for each package manager's cache folder."""
        caches = (FileFact(folder, 0, size=size, kind="cache") for folder, size in sorted(self._caches.items()))
        return (*self._notable.items, *caches)

    def notes(self) -> tuple[Note | None, ...]:
        """Return what was left out; the places of the tuple that have nothing to say are None."""
        unsearched = None
        if self._not_searched:
            unsearched = Note("too-many", f"{self._not_searched:,} small files were not looked through for secrets.")
        return self.setuid.note(), self._notable.note(), self.secrets.note(), unsearched


def _fact(member: Member, kind: str = "") -> FileFact:
    return FileFact(member.path, member.mode, member.uid, member.gid, member.size, kind)
