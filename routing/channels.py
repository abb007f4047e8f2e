"""Which channels the organisation uses, and for how long their conversations may lie in a state."""

from dataclasses import dataclass

from routing.models import Channel, ChannelSetting, WorkStream


class NotEnabled(ValueError):
    """The channel is not enabled; the message says where that is done."""


@dataclass(frozen=True)
class StateLimits:
    """Minutes in a state after which a channel's conversations are closed; None: never."""

    channel: str
    open: int | None
    active: int | None
    wrap_up: int | None


def ensure_channel_settings() -> None:
    """Make the settings of channels that have none yet (after each migrate): enabled, the usual limits."""
    for channel in Channel.values:
        ChannelSetting.objects.get_or_create(channel=channel)


# What the documents' WhatsApp steps choose from the lookup.
WHATSAPP_STREAM = "WhatsApp channel work stream"


def ensure_whatsapp_stream() -> None:
    """Make the out-of-the-box WhatsApp work stream (after each migrate) unless there is, or was, one."""
    if WorkStream.objects.filter(channel=Channel.WHATSAPP).exists():
        return
    taken = WorkStream.objects.filter(name=WHATSAPP_STREAM).exists()
    name = f"{WHATSAPP_STREAM} 2" if taken else WHATSAPP_STREAM
    WorkStream.objects.get_or_create(name=name, defaults={"channel": Channel.WHATSAPP})


def enabled_channels() -> list[str]:
    """What the organisation uses."""
    return list(
        ChannelSetting.objects.filter(is_enabled=True).order_by("id").values_list("channel", flat=True)
    )


def blocked_extensions(channel: str) -> frozenset[str]:
    """Extensions of files that a channel neither takes nor sends, in lower case, without dots."""
    words = ChannelSetting.objects.filter(channel=channel).values_list("blocked_extensions", flat=True)
    return frozenset(" ".join(words).split())


def check_enabled(channel: str) -> None:
    """Raise NotEnabled unless the organisation uses the channel."""
    if channel not in enabled_channels():
        raise NotEnabled(f"{Channel(channel).label} is not enabled: see Settings, Channels.")


def obstacle_to_starting(work_stream: WorkStream) -> str:
    """Why a work stream starts no conversation now; empty when it does. Those it has go on."""
    if work_stream.status == WorkStream.Status.INACTIVE:
        return f"The work stream {work_stream} is Inactive: it starts no conversation."
    try:
        check_enabled(work_stream.channel)
    except NotEnabled as error:
        return f"{error} Until then it starts no conversation."
    return ""


def state_limits() -> list[StateLimits]:
    """The limits of every channel, in one statement."""
    return [
        StateLimits(row.channel, row.auto_close_open, row.auto_close_active, row.auto_close_wrap_up)
        for row in ChannelSetting.objects.order_by("id")
    ]
