"""The one view."""

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django_q.tasks import async_task
from twilio.request_validator import RequestValidator

from bench.floor.models import Text


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    """Check the signature, insert one row, call async_task, in one transaction."""
    signature = request.headers.get("X-Twilio-Signature", "")
    if not RequestValidator(settings.BENCH_TOKEN).validate(settings.BENCH_URL, request.POST, signature):
        return HttpResponse(status=403)
    with transaction.atomic():
        text = Text.objects.create(
            sid=request.POST["MessageSid"],
            sender=request.POST["From"],
            recipient=request.POST["To"],
            body=request.POST["Body"],
        )
        async_task("bench.floor.tasks.route", text.pk)
    return HttpResponse("<Response/>", content_type="text/xml")


urlpatterns = [path("floor/", webhook)]
