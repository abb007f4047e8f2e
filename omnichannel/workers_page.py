"""The page that shows which workers are alive, and what waits for them."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from omnichannel.health import SEEN_WITHIN
from omnichannel.home import LANES
from omnichannel.lib.backoffice import page, render_page
from omnichannel.models import WorkerHeartbeat

SHOWN_AT_MOST = 100
# Each start is a new cluster: those silent for longer are history.
REMEMBERED = timedelta(hours=1)


@page("workers/", name="workers", title="Workers", permission="channels_app.view_webhookreceipt")
def workers(request: HttpRequest) -> HttpResponse:
    """Each worker's last sign of life, newest first; lanes without one stand above."""
    now = timezone.now()
    beats = list(
        WorkerHeartbeat.objects.filter(beat_at__gte=now - REMEMBERED).order_by("-beat_at", "cluster")[
            :SHOWN_AT_MOST
        ]
    )
    rows = [(beat, now - beat.beat_at <= SEEN_WITHIN) for beat in beats]
    alive = {beat.lane for beat, is_alive in rows if is_alive}
    missing = [lane for lane in settings.LANES if lane not in alive]
    lanes = [(lane, LANES.get(lane, ""), lane in alive) for lane in settings.LANES]
    return render_page(
        request, "admin/workers.html", title="Workers", rows=rows, missing=missing, lanes=lanes
    )
