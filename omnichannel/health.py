"""Is it alive, and is it ready? For load balancers and people."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import WebhookReceipt
from omnichannel import __version__
from omnichannel.models import WorkerHeartbeat

SEEN_WITHIN = timedelta(minutes=1)
COUNTED_AT_MOST = 10_000


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process answers and the database does; 503 otherwise."""
    is_up = _database_answers()
    body = {"status": "ok" if is_up else "error", "version": __version__, "web": True, "database": is_up}
    return JsonResponse(body, status=200 if is_up else 503)


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when texts flow: migrated, a worker of each lane within a minute. Backlog and failures are told."""
    if not _database_answers():
        return JsonResponse({"status": "error", "database": False}, status=503)
    try:
        body = _readiness()
    except DatabaseError:
        body = {"status": "error", "database": True, "migrated": False}
    return JsonResponse(body, status=200 if body["status"] == "ok" else 503)


def _readiness() -> dict[str, Any]:
    now = timezone.now()
    lanes = {
        lane: WorkerHeartbeat.objects.filter(lane=lane, beat_at__gte=now - SEEN_WITHIN).exists()
        for lane in settings.LANES
    }
    is_migrated = not _unapplied_migrations()
    waiting = WebhookReceipt.objects.filter(state="received")
    oldest = waiting.order_by("id").values_list("received_at", flat=True).first()
    return {
        "status": "ok" if is_migrated and all(lanes.values()) else "error",
        "version": __version__,
        "database": True,
        "migrated": is_migrated,
        "workers": lanes,
        "backlog": {
            "receipts": waiting[:COUNTED_AT_MOST].count(),
            "oldest_receipt_s": round((now - oldest).total_seconds()) if oldest else 0,
            "deliveries": Delivery.objects.filter(state="pending")[:COUNTED_AT_MOST].count(),
        },
        "failed": {
            "receipts": WebhookReceipt.objects.filter(state="failed")[:COUNTED_AT_MOST].count(),
            "deliveries": Delivery.objects.filter(state="failed")[:COUNTED_AT_MOST].count(),
            "unknown_deliveries": Delivery.objects.filter(state="unknown")[:COUNTED_AT_MOST].count(),
        },
    }


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
