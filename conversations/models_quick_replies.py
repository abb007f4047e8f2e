"""Predefined messages that agents insert while they write."""

from django.db import models

from agents.models import User
from omnichannel.lib.visible import NameField
from routing.models import WorkStream


class Tag(models.Model):
    """A word to find quick replies by, written with # in front when searching."""

    name = NameField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class QuickReply(models.Model):
    """A message under a title. With an owner it is that person's own, and nobody else's to see."""

    title = NameField(max_length=100)
    locale = models.CharField(
        max_length=16,
        default="en",
        help_text="Its language, for example en or de-CH. One record per language.",
    )
    message = models.TextField(max_length=1600)
    tags = models.ManyToManyField(Tag, blank=True, related_name="quick_replies")
    work_streams = models.ManyToManyField(
        WorkStream,
        blank=True,
        related_name="quick_replies",
        help_text="None: available to all agents. Else only in conversations of these.",
    )
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="quick_replies"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "quick replies"
        indexes = [models.Index(fields=["owner", "title"], name="quick_reply_of_owner")]

    def __str__(self) -> str:
        return self.title
