"""Letters by e-mail, where an installation can send any."""

import logging
from datetime import UTC

from django.conf import settings
from django.core.mail import send_mail
from django.utils import formats

from agents.links import Made, SignInLink

logger = logging.getLogger(__name__)

TEXTS = {
    SignInLink.Purpose.INVITATION: (
        "Your invitation to Omnichannel",
        "Hello {person},\n\nyou are invited to Omnichannel. Choose a username and a password here:\n\n"
        "{address}\n\n"
        "The link works once, until {until}.\n",
    ),
    SignInLink.Purpose.NEW_PASSWORD: (
        "A new password for Omnichannel",
        "Hello {person},\n\nset a new password here:\n\n{address}\n\nThe link works once, until {until}. "
        "If you did not ask for it, tell your administrator.\n",
    ),
}


def send(made: Made, *, to: str) -> bool:
    """Send a link; returns whether it left. Never raises. Outside any transaction: it may take 10 s."""
    if not (settings.CAN_E_MAIL and to):
        return False
    subject, text = TEXTS[SignInLink.Purpose(made.link.purpose)]
    until = f"{formats.date_format(made.link.expires_at.astimezone(UTC), 'DATETIME_FORMAT')} UTC"
    body = text.format(person=made.link.person, address=made.address, until=until)
    try:
        send_mail(subject, body, None, [to])
    except OSError as error:
        logger.warning("A letter could not be sent: %s", type(error).__name__)
        return False
    return True
