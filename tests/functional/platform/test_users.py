"""People: passwords, sessions, throttling, and the audit log that nobody can change."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from landwaiter.errors import InputError, NotPermittedError
from landwaiter.platform.auth import audit, sessions, throttle, users
from landwaiter.platform.auth.tables import LoginFailureRow, SessionRow, UserRow
from landwaiter.platform.context import Platform
from landwaiter.platform.store.base import now

PASSWORD = "correct horse battery"


@pytest.fixture
def user(platform: Platform) -> str:
    with platform.database.begin() as session:
        users.add_user(session, "ada", PASSWORD, "admin")
    return "ada"


def sign_in(platform: Platform, name: str, password: str, address: str = "192.0.2.1") -> sessions.SignedIn | None:
    with platform.database.begin() as session:
        return sessions.sign_in(session, name, password, address=address)


def test_a_password_is_kept_as_argon2id(platform: Platform, user: str) -> None:
    with platform.database.begin() as session:
        row = session.query(UserRow).one()
        assert row.password.startswith("$argon2id$")
        (listed,) = users.list_users(session)
        assert (listed.name, listed.role, listed.disabled) == (user, "admin", False)
        assert PASSWORD not in repr(listed)


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [("ada", PASSWORD, "viewer"), ("", PASSWORD, "viewer"), ("x\n", PASSWORD, "viewer"), ("eve", "short", "viewer"),
     ("eve", "x" * 2000, "viewer"), ("eve", PASSWORD, "root"), ("e" * 65, PASSWORD, "viewer")],
)  # fmt: skip
def test_a_user_that_makes_no_sense_is_not_added(
    platform: Platform, user: str, name: str, password: str, role: str
) -> None:
    with platform.database.begin() as session, pytest.raises(InputError):
        users.add_user(session, name, password, role)


def test_a_session_is_known_by_its_cookie_until_it_ends(platform: Platform, user: str) -> None:
    signed_in = sign_in(platform, user, PASSWORD)
    assert signed_in is not None
    with platform.database.begin() as session:
        found = sessions.session_of(session, signed_in.cookie)
        assert found is not None
        assert found.user.name == user
        sessions.check_csrf(found, found.csrf)
        for wrong in ("", "x", found.csrf + "x", "é"):
            with pytest.raises(NotPermittedError):
                sessions.check_csrf(found, wrong)
        assert sessions.session_of(session, signed_in.cookie + "x") is None
        assert signed_in.cookie.encode() not in session.query(SessionRow).one().digest
        sessions.sign_out(session, signed_in.cookie)
        assert sessions.session_of(session, signed_in.cookie) is None


@pytest.mark.parametrize("column", ["expires", "idle_until"])
def test_a_session_ends_by_age_and_by_idleness(platform: Platform, user: str, column: str) -> None:
    signed_in = sign_in(platform, user, PASSWORD)
    assert signed_in is not None
    with platform.database.begin() as session:
        session.execute(update(SessionRow).values({column: now() - timedelta(seconds=1)}))
        assert sessions.session_of(session, signed_in.cookie) is None


def test_use_pushes_the_idle_end_on(platform: Platform, user: str) -> None:
    signed_in = sign_in(platform, user, PASSWORD)
    assert signed_in is not None
    with platform.database.begin() as session:
        session.execute(update(SessionRow).values(idle_until=now() + timedelta(minutes=1)))
        sessions.session_of(session, signed_in.cookie, idle_minutes=60)
    with platform.database.begin() as session:
        assert session.query(SessionRow).one().idle_until > now() + timedelta(minutes=50)


@pytest.mark.parametrize("change", ["password", "disabled"])
def test_a_new_password_or_a_disabled_user_ends_all_sessions(platform: Platform, user: str, change: str) -> None:
    signed_in = sign_in(platform, user, PASSWORD)
    assert signed_in is not None
    with platform.database.begin() as session:
        if change == "password":
            users.set_password(session, user, "another good password")
        else:
            users.disable_user(session, user)
    with platform.database.begin() as session:
        assert sessions.session_of(session, signed_in.cookie) is None
    assert sign_in(platform, user, PASSWORD) is None
    if change == "disabled":
        with platform.database.begin() as session:
            users.disable_user(session, user, disabled=False)
        assert sign_in(platform, user, PASSWORD) is not None


def test_wrong_passwords_make_the_name_and_the_address_wait(platform: Platform, user: str) -> None:
    for _ in range(throttle.FREE + 1):
        assert sign_in(platform, user, "wrong password!") is None
    with pytest.raises(throttle.ThrottledError, match="Wait"):
        sign_in(platform, user, PASSWORD, "198.51.100.1")
    with pytest.raises(throttle.ThrottledError):
        sign_in(platform, "somebody else", PASSWORD)
    with platform.database.begin() as session:
        session.execute(update(LoginFailureRow).values(until=now()))
    assert sign_in(platform, user, PASSWORD) is not None
    for _ in range(20):
        with platform.database.begin() as session:
            throttle.failed(session, user, "192.0.2.1")
    with platform.database.begin() as session:
        waits = [row.until - row.last for row in session.query(LoginFailureRow)]
    assert max(waits) == timedelta(minutes=15)
    with platform.database.begin() as session:
        session.execute(update(LoginFailureRow).values(until=now(), last=now() - timedelta(hours=2)))
    assert sign_in(platform, user, "wrong password!") is None
    assert sign_in(platform, user, PASSWORD) is not None, "failures of hours ago are forgotten"


def test_unknown_users_are_refused_as_slowly_as_known_ones(platform: Platform, user: str) -> None:
    import time

    def seconds(name: str) -> float:
        begun = time.process_time()
        assert sign_in(platform, name, "wrong password!", f"192.0.2.{len(name)}") is None
        return time.process_time() - begun

    seconds("warm")
    known, unknown = seconds(user), seconds("nobody at all")
    assert unknown > known / 3


def test_whoever_is_not_there_is_told(platform: Platform) -> None:
    with platform.database.begin() as session:
        for act in (lambda: users.set_password(session, "eve", PASSWORD), lambda: users.disable_user(session, "eve")):
            with pytest.raises(InputError, match="no user 'eve'"):
                act()


def test_the_audit_log_is_append_only(platform: Platform, user: str) -> None:
    sign_in(platform, user, "wrong password!")
    sign_in(platform, user, PASSWORD)
    with platform.database.begin() as session:
        assert [entry.action for entry in audit.read(session)] == ["signed in", "sign-in refused"]
        assert audit.read(session, limit=1)[0].address == "192.0.2.1"
        assert audit.read(session, before=1) == ()
    for statement in ("DELETE FROM audit_log", "UPDATE audit_log SET actor = 'nobody'"):
        with pytest.raises(DBAPIError, match="append-only"), platform.database.begin() as session:
            session.execute(text(statement))
