"""Signs of life of the task queue's clusters."""

from django.db import models


class WorkerHeartbeat(models.Model):
    """When a worker of a cluster last did something. Read by the watchdog and by /readyz."""

    cluster = models.CharField(max_length=64, primary_key=True)
    lane = models.CharField(max_length=16)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.lane} on {self.host}"
