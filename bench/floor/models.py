"""One row per text."""

from django.db import models


class Text(models.Model):
    """What a first version of such a program would keep."""

    sid = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=40)
    recipient = models.CharField(max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return self.sid
