"""The journal and the log of calls with 100,000 rows each: every filter is served by an index."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app import incidents
from tests.world import World

BIG = ("channels_app_webhookreceipt", "channels_app_providercall")
FILTERS = [
    *("webhookreceipt/", "webhookreceipt/?state__exact=failed", "webhookreceipt/?channel__exact=sms"),
    *("webhookreceipt/?number={number}", "webhookreceipt/?account={account}", "webhookreceipt/?when=today"),
    *("webhookreceipt/?when=7d", "webhookreceipt/?from=2020-01-01&to=2020-01-03"),
    "webhookreceipt/?number={number}&state__exact=failed&when=7d",
    *("providercall/", "providercall/?answer=broken", "providercall/?answer=none", "providercall/?when=24h"),
    *("providercall/?answer=refused", "providercall/?account={account}&answer=broken"),
]
RECEIPTS = """
INSERT INTO channels_app_webhookreceipt (account_id, digest, method, path, content_type, headers, body,
    sequence_key, state, reason, attempts, next_attempt_at, received_at, number_id, channel)
SELECT %s, 'd' || g, 'POST', '/hooks/x/', 'f', '{}', 'x', 'k',
    CASE WHEN g %% 1000 = 0 THEN 'failed' ELSE 'done' END, '', 1, now(),
    now() - ((100000 - g) || ' minutes')::interval, CASE WHEN g %% 3 > 0 THEN %s END, 'sms'
FROM generate_series(1, 100000) g
"""
CALLS = """
INSERT INTO channels_app_providercall (account_id, method, url, status, duration_ms, answer, error, at)
SELECT %s, 'GET', 'u', CASE WHEN g %% 500 = 0 THEN 500 WHEN g %% 700 > 0 THEN 200 END, 1, '', '',
    now() - ((100000 - g) || ' minutes')::interval
FROM generate_series(1, 100000) g
"""


def scanned(statements: CaptureQueriesContext) -> list[str]:
    """The plans of statements that read a big table from end to end."""
    found = []
    for statement in statements.captured_queries:
        if statement["sql"].startswith("SELECT") and any(table in statement["sql"] for table in BIG):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + statement["sql"])
                plan = "\n".join(row[0] for row in cursor.fetchall())
            if any(f"Seq Scan on {table}" in plan for table in BIG):
                found.append(plan)
    return found


@pytest.mark.skipif(settings.IS_SQLITE, reason="plans of PostgreSQL")
def test_no_filter_and_no_look_at_health_reads_a_big_table_from_end_to_end(ada: Client, world: World) -> None:
    account, number = world.sms_settings.account_id, world.number.pk
    with connection.cursor() as cursor:
        cursor.execute(RECEIPTS, [account, number])
        cursor.execute(CALLS, [account])
        cursor.execute("ANALYZE")

    for query in FILTERS:
        url = "/admin/channels_app/" + query.format(number=number, account=account)
        with CaptureQueriesContext(connection) as statements:
            assert ada.get(url).status_code == 200
        assert not scanned(statements), url
    with CaptureQueriesContext(connection) as statements:
        incidents.look(now=timezone.now())
    assert not scanned(statements)
