"""What the desk remembers of each person: what they have read, begun, look at, and how they like it."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from agents.models import User
from conversations.models import Conversation


class Reading(models.Model):
    """How far somebody has read a conversation. No row: nothing of it yet."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="readings", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="readings")
    seq = models.PositiveIntegerField(default=0, help_text="The last message that was read.")
    read_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="reading_once")]

    def __str__(self) -> str:
        return f"Read up to {self.seq}"


class Draft(models.Model):
    """What somebody has begun to write. Gone when it was sent, or emptied."""

    class Kind(models.TextChoices):
        """For whom it is meant."""

        REPLY = "reply", "Reply"
        NOTE = "note", "Internal message"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    text = models.TextField()
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation", "kind"], name="draft_once")]

    def __str__(self) -> str:
        return f"Draft of {self.user}"


class Viewing(models.Model):
    """Somebody has a conversation open, and may be typing. Old rows mean nothing and are removed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="viewings", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="viewings")
    seen_at = models.DateTimeField(help_text="The last sign of life.")
    typed_at = models.DateTimeField(null=True, blank=True, help_text="The last key pressed in the composer.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="viewing_once")]
        indexes = [models.Index(fields=["seen_at"], name="viewing_by_age")]

    def __str__(self) -> str:
        return f"{self.user} looks at {self.conversation_id}"


class SavedView(models.Model):
    """Filters and order of a list, under a name: one's own, or with no owner the team's."""

    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    # The stream it looks at and what narrows it, as in the list's address.
    query = models.CharField(max_length=500, blank=True)
    stream = models.CharField(max_length=32)
    is_default = models.BooleanField(default=False, help_text="What its owner sees first.")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(owner=None), name="saved_view_team_name_once"
            ),
            models.UniqueConstraint(
                fields=["owner"], condition=Q(is_default=True), name="saved_view_first_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeskPreference(models.Model):
    """How somebody likes the desk. No row: as it comes."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="desk_preference")
    title_badge = models.BooleanField("count in the page's title", default=True)
    sound = models.BooleanField("a sound for new texts", default=False)
    notifications = models.BooleanField("the browser's notifications", default=False)
    single_keys = models.BooleanField("keys without Ctrl or Alt", default=True)
    keys = models.JSONField(
        default=dict, blank=True, help_text="Command: key, where it is not the usual one."
    )

    def __str__(self) -> str:
        return f"Desk of {self.user}"


class DeskSettings(models.Model):
    """What holds for every desk: one row (see conversations.desk_settings)."""

    undo_seconds = models.PositiveSmallIntegerField(
        "undo send for (seconds)",
        default=5,
        validators=[MaxValueValidator(30)],
        help_text="A reply leaves so much later, and can be taken back until then. 0: at once.",
    )
    allow_personal_quick_replies = models.BooleanField(
        "Allow agents to create personal quick replies", default=False
    )

    class Meta:
        verbose_name = "desk settings"
        verbose_name_plural = "desk settings"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="desk_settings_one")]

    def __str__(self) -> str:
        return "Desk settings"
