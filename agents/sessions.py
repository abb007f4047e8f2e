"""Browser sessions: kept under the hash of their key, with what a person needs to recognise them.

A copy of the table opens no session. What a list of log-ins shows (who, from where, with which browser,
since when) is copied from the session's own data whenever that is saved, so it costs no statement of its own.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone

from agents.models import LogIn
from omnichannel.lib.clients import address_of

ABOUT = "log_in"
SEEN_EVERY_S = 300


def digest_of(session_key: str) -> str:
    """Under what a session is kept."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def describe(request: HttpRequest) -> None:
    """Note in the session from where and with what somebody has just logged in."""
    now = int(timezone.now().timestamp())
    agent = request.META.get("HTTP_USER_AGENT", "").replace("\x00", "")[:255]
    about = {"address": address_of(request), "user_agent": agent, "created": now, "seen": now}
    request.session[ABOUT] = about


def note_sign_of_life(session: Any) -> None:
    """Note that the session is in use, at most every five minutes (saving it then also prolongs it)."""
    about, now = session.get(ABOUT), int(timezone.now().timestamp())
    if about and now - about["seen"] >= SEEN_EVERY_S:
        session[ABOUT] = {**about, "seen": now}


def is_too_old(session: Any, longest: timedelta) -> bool:
    """Whether the log-in is older than `longest`, however busy it was."""
    about = session.get(ABOUT)
    return bool(about) and timezone.now().timestamp() - about["created"] >= longest.total_seconds()


class SessionStore(db.SessionStore):
    """Django's database sessions with hashed keys."""

    @classmethod
    def get_model_class(cls) -> type[LogIn]:
        """The row."""
        return LogIn

    def _get_session_from_db(self) -> LogIn | None:
        key = self.session_key or ""
        found = LogIn.objects.filter(session_key=digest_of(key), expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        """Whether there is a session with this key."""
        return LogIn.objects.filter(session_key=digest_of(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> LogIn:
        """The row as it is to be saved."""
        row: Any = super().create_model_instance(data)
        row.session_key = digest_of(row.session_key)
        row.user_id = data.get(SESSION_KEY)
        about = data.get(ABOUT, {})
        row.address, row.user_agent = about.get("address"), about.get("user_agent", "")
        row.created_at, row.seen_at = _moment(about.get("created")), _moment(about.get("seen"))
        return cast(LogIn, row)

    def delete(self, session_key: str | None = None) -> None:
        """Forget the session with this key, by default this one."""
        key = session_key or self.session_key
        if key:
            LogIn.objects.filter(session_key=digest_of(key)).delete()


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
