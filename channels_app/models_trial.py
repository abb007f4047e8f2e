"""Test SMS: that one was asked for, by whom, and what came of it."""

from django.conf import settings
from django.db import models

from channels_app.models import SmsSettings


class SmsTrial(models.Model):
    """A test SMS. The row is there before the text leaves, so that no second one leaves for the same key.

    Whom it was sent to is told with most digits hidden, and stored nowhere else.
    """

    sms_settings = models.ForeignKey(SmsSettings, on_delete=models.CASCADE, related_name="trials")
    key = models.UUIDField(help_text="Of the page, or the program, that asked for it.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField()
    # Empty while it is on its way, or when this process died meanwhile: then nobody knows.
    status = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sms_settings", "key"], name="sms_trial_once")]

    def __str__(self) -> str:
        return f"Test SMS of {self.sms_settings}"
