import pytest

from landwaiter.compliance.checks.check import NoParameters
from landwaiter.compliance.checks.filesystem import (
    SetuidAllowed,
    changed_files,
    empty_passwords,
    leftover_files,
    package_caches,
    setuid_files,
    unique_accounts,
    world_writable,
)
from landwaiter.compliance.load import parameters_of, shipped_benchmarks
from landwaiter.inventory.models import Account, ChangedFile, FileEvidence, FileFact, Note

UNREAD = Note("unreadable-layer", "The layer is truncated.", layer=1)
SHIPPED = parameters_of(next(c for b in shipped_benchmarks() for c in b.controls if c.check == "setuid_files"))


def setuid(*files):
    return FileEvidence(setuid=tuple(FileFact(path, mode) for path, mode in files), has_passwd=True)


@pytest.mark.parametrize("path", ["usr/local/bin/evil", "tmp/su", "app/passwd", "usr/bin/nmap", "su"])
@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6755, 0o4000])
def test_unexpected_setuid_files_fail(evidence, path, mode):
    found = setuid_files(evidence(files=setuid((path, mode))), SHIPPED)
    assert found.status == "fail"
    assert found.evidence == (f"{mode:04o} /{path}",)


@pytest.mark.parametrize(
    "path", ["bin/su", "usr/bin/su", "usr/bin/passwd", "sbin/unix_chkpwd", "usr/lib/openssh/ssh-keysign"]
)
def test_what_distributions_ship_is_allowed_and_shown(evidence, path):
    found = setuid_files(evidence(files=setuid((path, 0o4755))), SHIPPED)
    assert found.status == "pass"
    assert found.evidence == (f"4755 /{path}",)


def test_an_empty_list_allows_nothing(evidence):
    assert setuid_files(evidence(files=setuid(("bin/su", 0o4755))), SetuidAllowed()).status == "fail"


def test_the_sticky_bit_is_not_setuid(evidence):
    assert setuid_files(evidence(files=setuid(("tmp/x", 0o1777))), SetuidAllowed()).status == "pass"


def accounts(*accounts, shadow=()):
    return FileEvidence(accounts=accounts, shadow=tuple(shadow), has_passwd=True)


def test_empty_passwords(evidence):
    fine = (Account("root", 0, 0, "shadow"), Account("app", 5, 5, "locked"))
    assert empty_passwords(evidence(files=accounts(*fine)), NoParameters()).status == "pass"
    assert empty_passwords(evidence(files=accounts(*fine, Account("x", 6, 6, "empty"))), NoParameters()).evidence == (
        "x in /etc/passwd",
    )
    shadow = accounts(*fine, shadow=[Account("root", -1, -1, "empty")])
    assert empty_passwords(evidence(files=shadow), NoParameters()).evidence == ("root in /etc/shadow",)


def test_unique_accounts(evidence):
    two_roots = accounts(Account("root", 0, 0, "shadow"), Account("toor", 0, 0, "shadow"))
    assert unique_accounts(evidence(files=two_roots), NoParameters()).evidence == ("uid 0: root, toor",)
    same_name = accounts(Account("a", 1, 1, "shadow"), Account("a", 2, 2, "shadow"))
    assert unique_accounts(evidence(files=same_name), NoParameters()).evidence == ("name a: 2 lines",)
    unreadable_ids = accounts(Account("a", -1, 1, "shadow"), Account("b", -1, 2, "shadow"))
    assert unique_accounts(evidence(files=unreadable_ids), NoParameters()).status == "pass"


@pytest.mark.parametrize("check", [empty_passwords, unique_accounts])
def test_an_image_without_passwd_has_no_accounts(evidence, check):
    assert check(evidence(files=FileEvidence()), NoParameters()).status == "not_applicable"


@pytest.mark.parametrize(
    ("check", "kind", "path"),
    [
        (leftover_files, "build-file", "app/Dockerfile"),
        (leftover_files, "clutter", "app/.git"),
        (package_caches, "cache", "var/lib/apt/lists"),
        (world_writable, "world-writable", "etc/app.conf"),
        (world_writable, "world-writable-folder", "srv"),
    ],
)
def test_notable_files_warn_by_their_kind(evidence, check, kind, path):
    files = FileEvidence(
        notable=(FileFact(path, 0o644, size=9, kind=kind), FileFact("x/id_rsa", 0o600, kind="private-key"))
    )
    found = check(evidence(files=files), NoParameters())
    assert (found.status, found.evidence) == ("warn", (f"/{path}",))


def test_an_empty_cache_is_none(evidence):
    files = FileEvidence(notable=(FileFact("var/cache/apt", 0o755, kind="cache"),))
    assert package_caches(evidence(files=files), NoParameters()).status == "pass"


def test_changed_files_warn_and_are_never_said_to_be_none(evidence):
    files = FileEvidence(changed=(ChangedFile("usr/lib/python3/x.py", "python3-x", 2),))
    assert changed_files(evidence(files=files), NoParameters()).evidence == ("/usr/lib/python3/x.py of python3-x",)
    assert changed_files(evidence(), NoParameters()).status == "not_assessed"


@pytest.mark.parametrize(
    "check", [empty_passwords, unique_accounts, leftover_files, package_caches, world_writable, setuid_files]
)
def test_an_unread_layer_prevents_a_pass(evidence, check):
    parameters = SHIPPED if check is setuid_files else NoParameters()
    assert check(evidence(), parameters).status == "pass"
    assert check(evidence(notes=[UNREAD]), parameters).status == "not_assessed"


def test_a_fault_is_a_fault_even_when_a_layer_was_not_read(evidence):
    assert setuid_files(evidence(files=setuid(("evil", 0o4755)), notes=[UNREAD]), SHIPPED).status == "fail"


def test_a_flood_of_files_is_bounded(evidence):
    found = setuid_files(evidence(files=setuid(*((f"x{n}" + "y" * 5000, 0o4755) for n in range(500)))), SHIPPED)
    assert len(found.evidence) == 26
    assert found.evidence[-1] == "and 475 more"
    assert max(map(len, found.evidence)) <= 300
