"""What Twilio carries on each channel.

Sources: twilio.com/docs/messaging/guides/accepted-mime-types (MMS: 5 MB in all, ten files) and
twilio.com/docs/whatsapp/guidance-whatsapp-media-messages (one file a message; images 5 MB, the rest 16 MB),
read 2026-11.
"""

from datetime import timedelta

from channels_app.providers.base import ChannelRules, Guide, MediaRules

MB = 1024 * 1024
MOST_MEDIA = 10
TEXT_LIMIT = 1600
OTHER_MMS = 600 * 1024

SMS = ChannelRules(
    TEXT_LIMIT,
    media=MediaRules(
        largest={
            "image/jpeg": 5 * MB,
            "image/png": 5 * MB,
            "image/gif": 5 * MB,
            "audio/*": OTHER_MMS,
            "video/*": OTHER_MMS,
            "application/pdf": OTHER_MMS,
            "text/vcard": OTHER_MMS,
            "text/x-vcard": OTHER_MMS,
        },
        most_files=MOST_MEDIA,
        largest_together=5 * MB,
        captioned=frozenset({"image", "audio", "video", "application", "text"}),
    ),
)
DOCUMENTS = (
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "text/vcard",
    "text/x-vcard",
)
AUDIO = ("audio/ogg", "audio/amr", "audio/3gpp", "audio/aac", "audio/mpeg")
WHATSAPP = ChannelRules(
    TEXT_LIMIT,
    media=MediaRules(
        largest={
            **dict.fromkeys(("image/jpeg", "image/png", "image/webp"), 5 * MB),
            **dict.fromkeys((*AUDIO, "video/mp4", *DOCUMENTS), 16 * MB),
        },
        captioned=frozenset({"image", "video"}),
    ),
    window=timedelta(hours=24),
)
CHANNELS = {"sms": SMS, "whatsapp": WHATSAPP}

# Connection overrides (twilio.com/docs/usage/webhooks/webhooks-connection-overrides): never sent nor signed.
RETRIES = "#rc=3&rp=all"
GUIDE = Guide(
    inbound_url="Copy this value. In your Twilio account, open Phone Numbers > Active Numbers, select the "
    "SMS phone number, and paste it under Messaging, at “A message comes in”, with Webhook and HTTP POST.",
    inbound_url_more="Paste it once more at “Primary handler fails”: Twilio does not post a text a second "
    "time by itself when this server fails.",
    inbound_url_on={
        "whatsapp": "Copy this value. In your Twilio account, open Messaging > Senders > WhatsApp Senders, "
        "select the sender, and paste it at “Webhook URL for incoming messages”, with HTTP POST."
    },
    retries=RETRIES,
    retries_told=f"Twilio takes instructions after a # at the end of the URL. {RETRIES} stands for: try "
    "three more times (rc=3) after any failure (rp=all), within fifteen seconds in all. This part stays at "
    "Twilio: it is neither sent here nor signed, so it can be added at any time. A text "
    "that comes twice is taken once.",
    number="The support phone number from Twilio in the form 14252306549, without blanks. Type: Long code.",
    no_numbers="Buy one at Twilio under Phone Numbers > Buy a number, then come back.",
    validation="Asks Twilio whether the account and the number can be used.",
)
