"""`python -m bench.history`: what pages read of a history of 1,000 conversations, and of one of any size.

Gates are counts: statements, shared buffers (8 kB pages of PostgreSQL, in memory or not), and no walk through
a large table. Times are printed for people. Needs PostgreSQL.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.databases import of_its_own, recreate

DATABASE = "omnichannel_history"
SMALL, MESSAGES_EACH = 1_000, 10
MOST_STATEMENTS, MOST_OF_SEARCH = 12, 15
MOST_TIMES = 2.0
# A page of fifty may read this many buffers whatever its ratio: an index is two pages high, or four.
ALWAYS_FINE = 400
WALKED = {"conversations_conversation", "conversations_message"}
AGAIN = 5  # times, of which the fastest counts


@dataclass(frozen=True)
class Page:
    """An address as somebody opens it."""

    name: str
    who: str
    url: str
    most_statements: int = MOST_STATEMENTS


@dataclass
class Reading:
    """What opening a page took."""

    statements: int = 0
    buffers: int = 0
    milliseconds: float = 0.0
    walks: set[str] = field(default_factory=set)


def pages() -> list[Page]:
    """What agents and supervisors open all day."""
    from omnichannel.history.words import COMMON, RARE
    from routing.models import Queue

    queue = Queue.objects.order_by("-id").values_list("pk", flat=True)[0]
    words = {
        "a common word": COMMON,
        "a rare word": RARE,
        "an unknown word": "unheardof",
        "two words": f"{COMMON} Friday",
        "a phrase": '"paid twice"',
        "a name": "vera",
        "a number": "+12062000123",
        "a word of a queue": f'{COMMON} queue:"Team 7"',
        "a word in a month": f"{COMMON} after:2026-01-01 before:2026-02-01",
    }
    found = [
        Page("My work items", "alice", "/desk/my/"),
        Page("Open work items", "alice", "/desk/open/"),
        Page("Open work items, supervisor", "sam", "/desk/open/"),
        Page("Closed work items", "alice", "/desk/closed/"),
        Page("Ongoing conversations, agent", "alice", "/desk/ongoing/"),
        Page("Ongoing conversations, supervisor", "sam", "/desk/ongoing/"),
        Page("Failed messages", "sam", "/desk/ongoing;failed/"),
        Page("Waiting for longer than 30 minutes", "sam", "/desk/ongoing;waits=30/"),
        Page("Waiting conversations", "sam", "/desk/ongoing;state=waiting/"),
        Page("Unread of one's own", "alice", "/desk/my;unread/"),
        Page("All conversations", "sam", "/desk/all/"),
        Page("All of a queue", "sam", f"/desk/all;queue={queue}/"),
        Page("All conversations, page 500", "sam", f"/desk/all/?after={_page_500()}"),
    ]
    for who in ("sam", "alice"):
        role = "supervisor" if who == "sam" else "agent"
        for name, typed in words.items():
            url = f"/desk/search/?q={typed.replace('+', '%2B')}"
            found.append(Page(f"Search for {name}, {role}", who, url, MOST_OF_SEARCH))
    return found


def _page_500() -> str:
    """The key after which it begins; the middle of a history that has no such page."""
    from urllib.parse import quote

    from conversations.models import Conversation
    from conversations.orders import write_key
    from conversations.worklists import BY_ACTIVITY, PAGE

    rows = Conversation.objects.order_by(*BY_ACTIVITY)
    before = min(499 * PAGE, rows.count() // 2)
    return quote(write_key(rows[before - 1], BY_ACTIVITY))


@contextmanager
def kept() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that runs inside."""
    from django.db import connection

    statements: list[tuple[str, Any]] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield statements


def measure(page: Page) -> Reading:
    """Open it, then ask for the plan of each of its statements."""
    from django.test import Client

    from agents.models import User

    client, reading = Client(), Reading(milliseconds=float("inf"))
    client.force_login(User.objects.get(username=page.who))
    client.get(page.url)
    for _ in range(AGAIN):
        began = time.perf_counter()
        with kept() as statements:
            answer = client.get(page.url)
        reading.milliseconds = min(reading.milliseconds, 1000 * (time.perf_counter() - began))
    assert answer.status_code == 200, (page.url, answer.status_code)
    asked = [(sql, params) for sql, params in statements if sql.lstrip(" (").startswith(("SELECT", "WITH"))]
    reading.statements = len(asked)
    for sql, params in asked:
        plan = plan_of(sql, params)
        reading.buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        reading.walks |= set(walks(plan))
    return reading


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    """As it was carried out, with its buffers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def walks(plan: dict[str, Any]) -> Iterator[str]:
    """Large tables that are read from one end to the other."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in WALKED:
        yield plan["Relation Name"]
    for child in plan.get("Plans", []):
        yield from walks(child)


def problems(page: Page, small: Reading, large: Reading) -> list[str]:
    """Which gates a page does not pass."""
    found = []
    if large.statements > page.most_statements:
        found.append(f"{large.statements} statements")
    if large.buffers > max(MOST_TIMES * small.buffers, ALWAYS_FINE):
        found.append(f"{large.buffers / max(small.buffers, 1):.1f} times the buffers")
    return found + [f"walks through {table}" for table in sorted(large.walks)]


def report(small: dict[Page, Reading], large: dict[Page, Reading]) -> int:
    """Print all; returns how many pages do not pass."""
    failed = 0
    print(f"| | statements | buffers at {SMALL} | buffers at the size | ms | |\n|---|---|---|---|---|---|")
    for page, reading in large.items():
        wrong = problems(page, small[page], reading)
        failed += bool(wrong)
        print(
            f"| {page.name} | {reading.statements} | {small[page].buffers} | {reading.buffers} | "
            f"{reading.milliseconds:.0f} | {', '.join(wrong)} |"
        )
    return failed


def main() -> int:
    """Measure small, grow, measure again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    size = parser.parse_args().conversations
    recreate(DATABASE)
    os.environ |= of_its_own(DATABASE) | {"DEMO": "true", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    call_command("generate_history", conversations=SMALL, messages=SMALL * MESSAGES_EACH)
    small = {page: measure(page) for page in pages()}
    rest = size - SMALL
    call_command("generate_history", conversations=rest, messages=rest * MESSAGES_EACH)
    return report(small, {page: measure(page) for page in pages()})


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
