"""Where work goes: work streams, queues, and the ordered rules between them."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from agents.models import Agent
from omnichannel.lib.visible import NameField
from routing.conditions import all_of

EIGHT_HOURS_MIN = 480
ONE_DAY_MIN = 1440
THIRTY_DAYS_MIN = 30 * ONE_DAY_MIN
TEN_YEARS_MIN = 10 * 525_600


class Channel(models.TextChoices):
    """The ways customers' texts come in."""

    SMS = "sms", "SMS"
    WHATSAPP = "whatsapp", "WhatsApp"


def state_limit(words: str, usual: int) -> Any:
    """Minutes in a state after which conversations are closed; empty: never."""
    return models.PositiveIntegerField(
        words,
        null=True,
        blank=True,
        default=usual,
        validators=[
            MinValueValidator(1, "Choose one minute or more, or nothing for never."),
            MaxValueValidator(TEN_YEARS_MIN, "Choose ten years (5256000 minutes) or less."),
        ],
        help_text="Minutes in the state after which a conversation is closed. Empty: never.",
    )


# What the documents block unless an administrator decides otherwise.
BLOCKED_EXTENSIONS = (
    "ade adp app asa ashx asmx asp bas bat cdx cer chm class cmd com config cpl crt csh dll exe fxp "
    "hlp hta htr htw ida idc idq inf ins isp its jar js jse ksh lnk mad maf mag mam maq mar mas mat "
    "mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh1xml msh2 msh2xml mshxml msi msp mst ops pcd "
    "pif prf prg printer pst reg rem scf scr sct shb shs shtm shtml soap stm svg tmp url vb vbe vbs "
    "vsmacros vss vst vsw ws wsc wsf wsh"
)


class ChannelSetting(models.Model):
    """One channel of the organisation: whether it is used, and its channel state configuration.

    Waiting has no limit here: it follows its work stream's Auto-close after inactivity.
    """

    channel = models.CharField(max_length=16, choices=Channel.choices, unique=True)
    is_enabled = models.BooleanField(
        "enabled",
        default=True,
        help_text="A channel that is not enabled is not offered and starts no conversation: its texts are "
        "kept as unrouted. Conversations that are not closed go on.",
    )
    auto_close_open = state_limit("Open", THIRTY_DAYS_MIN)
    auto_close_active = state_limit("Active", THIRTY_DAYS_MIN)
    auto_close_wrap_up = state_limit("Wrap-up", ONE_DAY_MIN)
    blocked_extensions = models.TextField(
        default=BLOCKED_EXTENSIONS,
        db_default=BLOCKED_EXTENSIONS,
        blank=True,
        max_length=5000,
        validators=[
            RegexValidator(
                r"^[a-z0-9]{1,16}(?: [a-z0-9]{1,16})*$",
                "Write extensions without dots, with blanks between them: exe bat js.",
            )
        ],
        help_text="Files with these extensions are neither taken from customers nor sent to them. Web pages, "
        "SVG, scripts and programs never are, whatever they are called.",
    )

    class Meta:
        verbose_name = "channel"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(**{field: None}) | models.Q(**{f"{field}__range": (1, TEN_YEARS_MIN)}),
                name=f"channel_{field}",
            )
            for field in ("auto_close_open", "auto_close_active", "auto_close_wrap_up")
        ]

    def __str__(self) -> str:
        return self.get_channel_display()


class WorkStream(models.Model):
    """One way for work to come in: its channel, what one conversation costs, when it closes by itself."""

    class Mode(models.TextChoices):
        """How agents get work."""

        PICK = "pick", "Pick"  # agents take it from Open work items

    class Status(models.TextChoices):
        """Whether it starts conversations."""

        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"  # starts none; those it has go on

    name = NameField(max_length=100, unique=True)
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.SMS)
    capacity = models.PositiveIntegerField(
        default=20, help_text="Units of an agent's capacity that one conversation takes."
    )
    auto_close_after_inactivity = models.PositiveIntegerField(
        "auto-close after inactivity",
        default=EIGHT_HOURS_MIN,
        validators=[
            MinValueValidator(EIGHT_HOURS_MIN, "For SMS, choose eight hours (480 minutes) or more."),
            MaxValueValidator(TEN_YEARS_MIN, "Choose ten years (5256000 minutes) or less."),
        ],
        help_text="Minutes without a text from either side after which a Waiting conversation is closed. "
        "Eight hours (480) or more.",
    )
    work_distribution_mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.PICK)
    status = models.CharField(
        max_length=8,
        choices=Status.choices,
        default=Status.ACTIVE,
        help_text="An Inactive work stream starts no conversation: texts to its number are kept as unrouted. "
        "Conversations that are not closed go on.",
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(auto_close_after_inactivity__range=(EIGHT_HOURS_MIN, TEN_YEARS_MIN)),
                name="stream_eight_hours",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """A team's work. Conversations inherit its priority."""

    name = NameField(max_length=100, unique=True)
    priority = models.PositiveIntegerField(
        default=100, help_text="The lower the number, the higher the priority."
    )
    is_default = models.BooleanField(default=False, editable=False)
    members = models.ManyToManyField(Agent, blank=True, related_name="queues", verbose_name="users (agents)")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="queue_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name


def no_condition() -> dict[str, Any]:
    """What a rule is made with: no condition, so that it is always true."""
    return all_of().as_json()


class RoutingRule(models.Model):
    """If the condition is true, the conversation goes to this queue. Tried in order; the first true one wins.

    `condition` is a tree of groups and rows (routing.conditions); it is written only as conditions_input.read
    lets it in, see decision 0010.
    """

    work_stream = models.ForeignKey(WorkStream, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveIntegerField(default=1, help_text="Rules are tried from the lowest number up.")
    name = NameField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="rules")
    condition = models.JSONField(default=no_condition)

    class Meta:
        verbose_name = "routing rule item"
        # Serves the one question asked of rules: those of a stream, in order.
        indexes = [models.Index(fields=["work_stream", "position", "id"], name="rule_in_order")]

    def __str__(self) -> str:
        return self.name
