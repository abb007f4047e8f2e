"""Which records' changes go into the audit log, and what of them: one table for all rooms."""

from dataclasses import dataclass
from typing import Any

from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.auth import get_user_model, signals
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from knox.models import get_token_model

from omnichannel.lib.audit import Place, note_sign_in, origin
from omnichannel.lib.crypto import SecretField
from omnichannel.lib.folding import FoldedField


@dataclass(frozen=True)
class Audited:
    """How a record's changes are logged.

    `hidden` fields are secrets: the log says only that they were set, replaced or removed (fields that hold
    secrets by their type are hidden without being named). `unsaid` ones are no decision of anybody: outcomes,
    counters. `lists` are its many-to-many fields.
    """

    hidden: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


VALIDATION = (
    "last_validation_on",
    "last_validated_at",
    "last_validation_status",
    "last_validation_outcome",
)
AUDITED: dict[str, Audited] = {
    "agents.user": Audited(
        hidden=("password",), unsaid=("last_login",), lists=("groups", "user_permissions")
    ),
    "agents.agent": Audited(),
    "agents.signinpolicy": Audited(),
    "agents.signinlink": Audited(hidden=("digest",)),
    "routing.workstream": Audited(),
    "routing.channelsetting": Audited(),
    "routing.queue": Audited(lists=("members",)),
    "routing.routingrule": Audited(),
    "channels_app.provideraccount": Audited(unsaid=VALIDATION),
    "channels_app.inboundurl": Audited(hidden=("token",), unsaid=("last_used_at",)),
    "channels_app.smssettings": Audited(unsaid=VALIDATION),
    "channels_app.number": Audited(
        unsaid=("bucket_tokens", "bucket_filled_at", "webhook_seen", "webhook_seen_at", "former_role")
    ),
    "channels_app.smsnumber": Audited(),
    "channels_app.whatsappaccount": Audited(unsaid=VALIDATION),
    "channels_app.whatsappnumber": Audited(unsaid=("sender_id", *VALIDATION)),
    "conversations.savedview": Audited(),
    "contacts.account": Audited(),
    "contacts.contact": Audited(),
    "contacts.note": Audited(),
    "conversations.desksettings": Audited(),
    "conversations.quickreply": Audited(lists=("tags", "work_streams")),
    # What texts bring along is not a change that anybody made.
    "contacts.address": Audited(unsaid=("profile_name", "blocked_texts")),
}
# Not edited by anybody: acts, and records that are acted on.
NOT_EDITED = {
    "channels_app.contenttemplate": "a copy of what the provider has; Sync renews it",
    "channels_app.webhookreceipt": "Replay keeps who replayed it",
    "channels_app.inboundtext": "Route again is noted by itself",
    "channels_app.smstrial": "it keeps who asked for it, and what came of it",
    "channels_app.delivery": "Try again is a delivery of its own",
    "channels_app.media": "Fetch again decides nothing: the same is asked for once more",
    "contacts.importjob": "each contact that it makes or changes is logged",
    "contacts.merge": "each contact and address that it changes is logged",
    "contacts.erasure": "its certificate tells who, when and what",
}


def start() -> None:
    """Register the models of the table, and listen for log-ins and tokens. Called once."""
    for label, how in AUDITED.items():
        register(apps.get_model(label), how)
    signals.user_logged_in.connect(logged_in, dispatch_uid="audit.logged_in")
    signals.user_logged_out.connect(logged_out, dispatch_uid="audit.logged_out")
    signals.user_login_failed.connect(login_failed, dispatch_uid="audit.login_failed")
    post_save.connect(token_saved, sender=get_token_model(), dispatch_uid="audit.token_saved")
    post_delete.connect(token_deleted, sender=get_token_model(), dispatch_uid="audit.token_deleted")


def register(model: type[Model], how: Audited) -> None:
    """Let django-auditlog log a model's changes."""
    said = said_fields(model, how)
    auditlog.register(
        model,
        include_fields=[field.name for field in said],
        mask_fields=[f.name for f in said if f.name in how.hidden or isinstance(f, SecretField)],
        m2m_fields=set(how.lists),
    )


def said_fields(model: type[Model], how: Audited) -> list[Any]:
    """What the log keeps of a record: what people decide."""
    fields = model._meta.concrete_fields
    return [f for f in fields if not (f.primary_key or f.name in how.unsaid or _is_kept_in_step(f))]


def _is_kept_in_step(field: Any) -> bool:
    """Whether every save writes it by itself: the moment, the folded form of a name."""
    is_moment = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return is_moment or isinstance(field, FoldedField)


# --- log-ins and tokens ---------------------------------------------------------------------------


def logged_in(user: Any, **_: Any) -> None:
    """A log-in by a page; one over the API is told by the token that was issued."""
    if origin().place != Place.API:
        note_sign_in(user, what="Logged in", actor=user)


def logged_out(user: Any, **_: Any) -> None:
    """A log-out; of nobody when the session had ended already."""
    if user is not None:
        note_sign_in(user, what="Logged out", actor=user)


def login_failed(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """A failed log-in, at the person it was tried for; not one that was refused unheard after too many.

    What was typed for a name that nobody has is not kept: it may have been a password.
    """
    if getattr(request, "axes_locked_out", False):
        return
    people = get_user_model()
    user = people._default_manager.filter(username=str(credentials.get("username", ""))[:150]).first()
    why = ": wrong code" if user and "otp" in credentials else "" if user else ": nobody has this name"
    note_sign_in(user or people, what=f"Log-in failed{why}")


def token_saved(instance: Any, created: bool, **_: Any) -> None:
    """A token of the API was issued (its last use and expiry are saved as well)."""
    if created:
        note_sign_in(instance.user, what="API token issued", actor=origin().actor or instance.user)


def token_deleted(instance: Any, **_: Any) -> None:
    """A token was revoked, or had expired."""
    note_sign_in(instance.user, what="API token ended")
