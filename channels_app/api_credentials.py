"""An account's id and secrets over the API: each provider's own names, as in the forms (Words.field)."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import SkipField

from channels_app import accounts, tokens
from channels_app.accounts import Conflict, OtherSecret
from channels_app.forms_credentials import LONGEST_SECRET
from channels_app.models import ProviderAccount
from channels_app.providers import REGISTRY, providers_of
from channels_app.providers.base import Words

INSIST = "Keep the token although the provider could not be asked. A token that it refuses is never kept."
SHARED = "Another token for an account that others use as well is meant for them too."
KEPT = "Missing keeps the known one, empty removes it."
NAMES = ("external_id", "secret", "secondary_secret")


def account_of(record: Any) -> ProviderAccount:
    """The account behind a record, or the record itself."""
    account: ProviderAccount = record if isinstance(record, ProviderAccount) else record.account
    return account


class AccountIdField(serializers.CharField):
    """An account's id under its provider's name; left out of records of other providers."""

    def get_attribute(self, instance: Any) -> str:
        """The id."""
        account = account_of(instance)
        if account.words.field("external_id") != self.field_name:
            raise SkipField
        return account.external_id


class HasSecondaryField(serializers.BooleanField):
    """Whether a second secret is stored; left out where the provider has none."""

    def get_attribute(self, instance: Any) -> bool:
        """Whether there is one."""
        account = account_of(instance)
        if not account.words.secondary_secret or f"has_{account.words.field('secondary_secret')}" != (
            self.field_name
        ):
            raise SkipField
        return bool(account.secondary_secret)


def id_fields(words: Words) -> dict[str, serializers.Field]:
    """The account's id, as its provider calls it. Not in every answer, so never a required one."""
    told = f"Of {words.name}: {words.external_id}."
    return {words.field("external_id"): AccountIdField(max_length=64, help_text=told, required=False)}


def secret_fields(words: Words) -> dict[str, serializers.Field]:
    """An account's secrets, which go in and never come out."""
    told = f"Of {words.name}: {words.secret}. Missing or empty keeps the known one."
    made = {words.field("secret"): secret_field(told)}
    if words.secondary_secret:
        made[words.field("secondary_secret")] = secret_field(f"{words.secondary_secret}. {KEPT}")
    return made


def secret_field(told: str) -> serializers.Field:
    """A secret."""
    return serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=LONGEST_SECRET, help_text=told
    )


def has_secondary_fields() -> dict[str, serializers.Field]:
    """Whether a second secret is stored, for each provider that has one; for reading alone."""
    names = [one.words.field("secondary_secret") for one in REGISTRY.values() if one.words.secondary_secret]
    return {f"has_{name}": HasSecondaryField(required=False) for name in names}


def after(fields: dict[str, Any], name: str, more: dict[str, Any]) -> dict[str, Any]:
    """Fields with more of them after one."""
    made: dict[str, Any] = {}
    for key, field in fields.items():
        made |= {key: field} | (more if key == name else {})
    return made


def check_names(words: Words, given: Any) -> None:
    """Raise a validation error for a field that belongs to another provider."""
    mine = {words.field(name) for name in NAMES}
    every = {one.words.field(name) for one in REGISTRY.values() for name in NAMES}
    if foreign := sorted(name for name in every - mine if name in given):
        raise serializers.ValidationError({name: [f"{words.name} has no {name}."] for name in foreign})


def conflict(error: Conflict) -> serializers.ValidationError:
    """A conflict at its field."""
    return serializers.ValidationError({error.field: [str(error)]})


class CredentialsSerializer(serializers.ModelSerializer):
    """A record with an account behind it, with the fields of each of its channel's providers.

    Another secret for a known account needs `replace_for_all` where others use it, and is proved before it is
    kept. What is stored and how is the record's own: `record`, `check` and `store`.
    """

    channel = ""

    replace_for_all = serializers.BooleanField(write_only=True, default=False, help_text=SHARED)
    keep_unvalidated = serializers.BooleanField(write_only=True, default=False, help_text=INSIST)
    base_url = serializers.CharField(source="account.base_url", max_length=200, required=False)
    inbound_url = serializers.SerializerMethodField()

    def record(self, attrs: dict[str, Any]) -> Any:
        """The record that is changed, or a new one."""
        raise NotImplementedError

    def values(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What `check` and `store` take besides the record."""
        values = self.credentials(attrs)
        known = self.instance.account if isinstance(self.instance, self.Meta.model) else None  # type: ignore[attr-defined]
        is_same = known is not None and known.provider == values["provider"]
        usual = known.base_url if known and is_same else accounts.usual_base_url(values["provider"])
        return values | {"base_url": attrs.get("account", {}).get("base_url") or usual}

    def check(self, record: Any, values: dict[str, Any]) -> None:
        """Raise accounts.Conflict as storing would."""
        raise NotImplementedError

    def store(self, record: Any, values: dict[str, Any]) -> Any:
        """Store it; returns the record."""
        raise NotImplementedError

    def get_inbound_url(self, record: Any) -> str:
        """What is given to the provider."""
        return accounts.inbound_address(record.inbound_url)

    def validate_base_url(self, url: str) -> str:
        """Scheme and host."""
        tidy = accounts.tidy_base_url(url)
        if problem := accounts.base_url_problem(tidy):
            raise serializers.ValidationError(problem)
        return tidy

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask whether saving would contradict what is there."""
        values, record = self.values(attrs), self.record(attrs)
        self.check_credentials(values)
        try:
            self.check(record, values)
        except OtherSecret as error:
            if not (attrs.get("replace_for_all") or accounts.is_alone(record, error.account)):
                raise conflict(error) from error
        except Conflict as error:
            raise conflict(error) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        """Find or make the account, issue the inbound URL."""
        return self._save(validated_data)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        """The same with what is given."""
        return self._save(validated_data)

    def _save(self, attrs: dict[str, Any]) -> Any:
        """Store it; another secret for a known account only if the provider takes it."""
        values, record = self.values(attrs), self.record(attrs)
        try:
            self.check(record, values)
        except OtherSecret as error:
            tokens.replace_token(
                account=error.account,
                secret=values["secret"],
                secondary_secret=values["secondary_secret"],
                keep_unproven=attrs.get("keep_unvalidated", False),
            )
            values |= {"secret": "", "secondary_secret": None}
        if record.pk:
            record.refresh_from_db()
        return self.store(record, values)

    def get_fields(self) -> dict[str, Any]:
        """With id and secrets."""
        more: dict[str, Any] = {}
        for key, _ in providers_of(self.channel):
            more |= id_fields(REGISTRY[key].words) | secret_fields(REGISTRY[key].words)
        return after(super().get_fields(), "provider", more)

    def credentials(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Provider, id and secrets as services take them; of what is not given, the record's own id stays.

        Raises a validation error for fields of another provider.
        """
        known = self.instance.account if isinstance(self.instance, self.Meta.model) else None  # type: ignore[attr-defined]
        provider = attrs.get("account", {}).get("provider") or (known.provider if known else "")
        words = REGISTRY[provider].words
        check_names(words, attrs)
        kept = known.external_id if known and known.provider == provider else ""
        return {
            "provider": provider,
            "external_id": attrs.get(words.field("external_id")) or kept,
            "secret": attrs.get(words.field("secret"), ""),
            "secondary_secret": attrs.get(words.field("secondary_secret")),
        }

    def check_credentials(self, values: dict[str, Any]) -> None:
        """Raise a validation error for what is wrong with the form of the id."""
        provider, external_id = REGISTRY[values["provider"]], values["external_id"]
        problem = provider.check_external_id(external_id) if external_id else "This field is required."
        if problem:
            raise serializers.ValidationError({provider.words.field("external_id"): [problem]})
