"""Checks that read the final file system: permission bits, accounts, files that have no business in an image."""

from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from landwaiter.compliance.checks.check import Check, NoParameters
from landwaiter.compliance.evidence import files_unseen
from landwaiter.compliance.models import ComplianceEvidence, Result
from landwaiter.compliance.results import count, failed, not_applicable, not_assessed, passed, warned
from landwaiter.inventory.models import FileFact

_SETUID, _SETGID = 0o4000, 0o2000
_EMPTY = "empty"
_MERGED = ("bin/", "sbin/", "lib/", "lib64/")


class SetuidAllowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Paths (`usr/bin/su`, or shell patterns) that may have a setuid or setgid bit; `/bin` is taken for `/usr/bin`."""

    allowed: tuple[str, ...] = ()


def setuid_files(evidence: ComplianceEvidence, parameters: SetuidAllowed) -> Result:
    """No file has a setuid or setgid bit, but for those that are allowed by path."""
    found = [file for file in evidence.inventory.files.setuid if file.mode & (_SETUID | _SETGID)]
    bad = [file for file in found if not _matches(_usr_merged(file.path), parameters.allowed)]
    if bad:
        verb = "has" if len(bad) == 1 else "have"
        return failed(f"{count(len(bad), 'file')} {verb} a setuid or setgid bit.", map(_with_mode, bad))
    if unseen := files_unseen(evidence):
        return not_assessed(f"Not all files were seen: {unseen}")
    allowed = f" {count(len(found), 'file')} with such a bit allowed by path." if found else ""
    return passed(f"No unexpected file has a setuid or setgid bit.{allowed}", map(_with_mode, found))


def empty_passwords(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No account can be used without a password (/etc/passwd and /etc/shadow)."""
    files = evidence.inventory.files
    bad = [f"{item.name} in /etc/passwd" for item in files.accounts if item.password == _EMPTY]
    bad += [f"{item.name} in /etc/shadow" for item in files.shadow if item.password == _EMPTY]
    if bad:
        return failed(f"{count(len(bad), 'account')} with an empty password.", bad)
    if unseen := files_unseen(evidence):
        return not_assessed(f"Not all files were seen: {unseen}")
    if not files.has_passwd:
        return not_applicable("The image has no /etc/passwd, so it has no accounts.")
    return passed("No account has an empty password.")


def unique_accounts(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No two accounts share a user id or a name (/etc/passwd)."""
    files = evidence.inventory.files
    uids = Counter(item.uid for item in files.accounts if item.uid >= 0)
    names = Counter(item.name for item in files.accounts)
    bad = [f"uid {uid}: {_sharing(evidence, uid)}" for uid, times in uids.items() if times > 1]
    bad += [f"name {name}: {times} lines" for name, times in names.items() if times > 1]
    if bad:
        return failed("Accounts share a user id or a name.", bad)
    if unseen := files_unseen(evidence):
        return not_assessed(f"Not all files were seen: {unseen}")
    if not files.has_passwd:
        return not_applicable("The image has no /etc/passwd, so it has no accounts.")
    return passed("User ids and names are unique.")


def leftover_files(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No build files, editor settings or version control folders were left in the image."""
    found = _notable(evidence, "build-file", "clutter")
    return _none_of(evidence, found, "left over from the build or an editor", "No file is left over from the build.")


def package_caches(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No package manager left its cache in the image."""
    found = [item for item in _notable(evidence, "cache") if item.size]
    return _none_of(evidence, found, "of package managers' caches", "No cache of a package manager is left.", "folder")


def world_writable(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No file may be written by everybody, nor a folder without the sticky bit."""
    found = _notable(evidence, "world-writable", "world-writable-folder")
    return _none_of(evidence, found, "that everybody may write to", "Nothing may be written by everybody.", "path")


def changed_files(evidence: ComplianceEvidence, _: NoParameters) -> Result:
    """No file was changed since the package manager installed it."""
    changed = evidence.inventory.files.changed
    if changed:
        verb = "was" if len(changed) == 1 else "were"
        text = f"{count(len(changed), 'installed file')} {verb} changed after installation."
        return warned(text, (f"/{item.path} of {item.owner}" for item in changed))
    return not_assessed(
        "Only files with package evidence are compared with what was installed; none of them was changed."
    )


def _notable(evidence: ComplianceEvidence, *kinds: str) -> list[FileFact]:
    return sorted((item for item in evidence.inventory.files.notable if item.kind in kinds), key=lambda item: item.path)


def _none_of(evidence: ComplianceEvidence, found: list[FileFact], which: str, clean: str, noun: str = "file") -> Result:
    if found:
        return warned(f"{count(len(found), noun)} {which}.", (f"/{item.path}" for item in found))
    if unseen := files_unseen(evidence):
        return not_assessed(f"Not all files were seen: {unseen}")
    return passed(clean)


def _sharing(evidence: ComplianceEvidence, uid: int) -> str:
    return ", ".join(item.name for item in evidence.inventory.files.accounts if item.uid == uid)


def _usr_merged(path: str) -> str:
    return f"usr/{path}" if path.startswith(_MERGED) else path


def _matches(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _with_mode(file: FileFact) -> str:
    return f"{file.mode & 0o7777:04o} /{file.path}"


CHECKS = (
    Check("setuid_files", setuid_files, SetuidAllowed),
    Check("empty_passwords", empty_passwords, NoParameters),
    Check("unique_accounts", unique_accounts, NoParameters),
    Check("leftover_files", leftover_files, NoParameters),
    Check("package_caches", package_caches, NoParameters),
    Check("world_writable", world_writable, NoParameters),
    Check("changed_files", changed_files, NoParameters),
)
