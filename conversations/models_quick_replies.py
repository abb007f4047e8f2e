"""Predefined messages that agents insert while they write."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from agents.models import User
from omnichannel.lib import slugs
from omnichannel.lib.visible import NameField, check_visible
from routing.models import WorkStream

check_locale = RegexValidator(
    r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z", "Write a language such as en, or de-CH."
)


def check_slugs(message: str) -> None:
    """A validator: raises ValidationError for slugs that nobody can fill in."""
    if unknown := slugs.unknown_in(message):
        said = "is no slug" if len(unknown) == 1 else "are no slugs"
        raise ValidationError(f"{', '.join(unknown)} {said}. Known: {', '.join(slugs.KNOWN)}.")


class Tag(models.Model):
    """A word to find quick replies by, written with # in front when searching."""

    name = NameField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class QuickReply(models.Model):
    """A message under a title. With an owner it is that person's own, and offered to nobody else."""

    title = NameField(max_length=100)
    locale = models.CharField(
        max_length=16,
        default="en",
        validators=[check_locale],
        help_text="Its language, for example en or de-CH. One record per language.",
    )
    message = models.TextField(max_length=1600, validators=[check_visible, check_slugs])
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
        verbose_name = "quick reply"
        constraints = [
            models.UniqueConstraint(
                fields=["title", "locale"], condition=Q(owner=None), name="quick_reply_once"
            ),
            models.UniqueConstraint(fields=["owner", "title", "locale"], name="quick_reply_of_owner_once"),
        ]

    def __str__(self) -> str:
        return self.title
