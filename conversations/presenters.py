"""What templates show on many pages, as plain data: letters, durations, the clock. Asks nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from channels_app import window
from conversations.models import Conversation, State


def initials(title: str) -> str:
    """Two letters at most, for the avatar."""
    letters = [word[0] for word in title.split() if word[0].isalpha()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "#"


def ago(passed: timedelta) -> str:
    """A duration in its largest unit. desk.js counts on by the same rule."""
    minutes = int(passed.total_seconds() // 60)
    return "now" if minutes < 1 else largest_unit(minutes)


def largest_unit(minutes: int) -> str:
    """Minutes as `5 min`, `3 h` or `4 d`."""
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


# --- the 24 hours -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """Until when free text can be sent. Shown when `is_near`; desk-thread.js counts on."""

    at: datetime
    words: str
    is_near: bool
    is_over: bool


def clock(conversation: Conversation, now: datetime) -> Clock | None:
    """None where there is no such limit, or nothing to be said any more."""
    at = conversation.window_closes_at
    if at is None or conversation.state == State.CLOSED:
        return None
    is_over = not window.is_open(at, now=now)
    near = window.closes_soon(at, now=now)
    return Clock(at, "24 hours over" if is_over else closes_in(at - now), is_over or near, is_over)


def closes_in(left: timedelta) -> str:
    """The time left in words. desk-thread.js counts on by the same rule."""
    minutes = int(left.total_seconds() // 60)
    if minutes < 1:
        return "Closes in under 1 min"
    return f"Closes in {minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"Closes in {minutes} min"
