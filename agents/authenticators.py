"""The second factor at rest: an app's secret, recovery codes, and for whom the installation requires it."""

import base64
import secrets
import time
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from omnichannel.lib.crypto import Secret, SecretField

ISSUER = "Omnichannel"
DIGITS, STEP_S = 6, 30
TOLERATED_STEPS = 1  # clocks differ: the code before and the one after count too
# Each wrong code doubles the wait (1 s, 2 s, …) up to 512 s, so that nobody is locked out for long.
MOST_DOUBLINGS = 10


def new_key() -> Secret:
    """160 random bits, as apps and people write them."""
    return Secret(base64.b32encode(secrets.token_bytes(20)).decode())


class Authenticator(ThrottlingMixin, Device):
    """A person's authenticator app: django-otp's time-based codes, with the key encrypted as our secrets are.

    Confirmed once a code has been typed; before, it counts for nothing. A code counts once: `last_step` is
    that of the last one accepted.
    """

    key = SecretField(default=new_key, editable=False)
    last_step = models.BigIntegerField(default=-1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[Any] = [
            models.UniqueConstraint(fields=["user", "confirmed"], name="agents_one_authenticator")
        ]

    def __str__(self) -> str:
        return "Authenticator app"

    @property
    def key_in_groups(self) -> str:
        """The key as people type it."""
        key = self.key.reveal()
        return " ".join(key[at : at + 4] for at in range(0, len(key), 4))

    @property
    def address(self) -> str:
        """What the QR code says (github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
        label = quote(f"{ISSUER}:{self.user.get_username()}")
        query = {"secret": self.key.reveal(), "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
        return f"otpauth://totp/{label}?{urlencode(query)}"

    def verify_token(self, token: str) -> bool:
        """Whether this is the present code, not used before. Call it with the row locked."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = TOTP(base64.b32decode(self.key.reveal()), step=STEP_S, digits=DIGITS)
        totp.time = time.time()
        is_code = len(token) == DIGITS and token.isascii() and token.isdigit()
        if not (is_code and totp.verify(int(token), TOLERATED_STEPS, self.last_step + 1)):
            self.throttle_increment()
            return False
        self.last_step = totp.t()
        self.throttle_reset(commit=False)
        self.save()
        return True

    def throttle_increment(self, commit: bool = True) -> None:
        """One more wrong code; the wait has an end."""
        super().throttle_increment(commit=False)
        row: Any = self
        row.throttling_failure_count = min(row.throttling_failure_count, MOST_DOUBLINGS)
        if commit:
            self.save()

    def get_throttle_factor(self) -> int:
        """Seconds after the first wrong code."""
        return 1


class RecoveryCode(models.Model):
    """A code for who has lost their phone; 80 random bits, so a plain hash keeps it. Used once: deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return "Recovery code"


class SignInPolicy(models.Model):
    """What the installation asks of everybody who logs in. One row."""

    required_roles = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = "sign-in and security"
        verbose_name_plural = "sign-in and security"

    def __str__(self) -> str:
        return "Sign-in and security"
