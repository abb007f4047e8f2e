"""Customers over the API."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers, viewsets

from contacts.fields import clean_phone
from contacts.models import Account, Contact
from omnichannel.lib import phones
from omnichannel.lib.rest import ID, IdFilter

LONGEST_WRITTEN_NUMBER = 40


class PhoneSerializerField(serializers.CharField):
    """Any usual written form in, E.164 out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"max_length": LONGEST_WRITTEN_NUMBER, "allow_blank": True, "required": False, **options}
        )

    def to_internal_value(self, data: Any) -> str:
        """E.164; raises a ValidationError with what to type instead."""
        return clean_phone(super().to_internal_value(data))


class AccountSerializer(serializers.ModelSerializer):
    """A company."""

    phone = PhoneSerializerField()

    class Meta:
        model = Account
        fields = ["id", "name", "phone", "created_at"]


class ContactSerializer(serializers.ModelSerializer):
    """A known person."""

    mobile_phone = PhoneSerializerField()
    account_name = serializers.CharField(source="account.name", read_only=True, default=None)

    class Meta:
        model = Contact
        fields = [
            "id",
            "first_name",
            "last_name",
            "mobile_phone",
            "email",
            "account",
            "account_name",
            "created_at",
            "modified_at",
        ]


class ContactFilter(filters.FilterSet):
    """By mobile phone in any written form, by name, by company."""

    mobile_phone = filters.CharFilter(method="by_phone")
    search = filters.CharFilter(method="by_text")
    account = IdFilter()

    class Meta:
        model = Contact
        fields: list[str] = []

    def by_phone(self, contacts: QuerySet, _name: str, text: str) -> QuerySet:
        """Exactly this number. A + that the query string has made a blank is forgiven."""
        found = phones.wire_address(text)
        return contacts.filter(mobile_phone=found.value) if found else contacts.none()

    def by_text(self, contacts: QuerySet, _name: str, text: str) -> QuerySet:
        """Part of a name or e-mail address."""
        return contacts.filter(
            Q(first_name__icontains=text) | Q(last_name__icontains=text) | Q(email__icontains=text)
        )


class AccountViewSet(viewsets.ModelViewSet):
    """Companies that contacts belong to."""

    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    lookup_value_regex = ID


class ContactViewSet(viewsets.ModelViewSet):
    """Contacts; customers are identified by their mobile phone."""

    queryset = Contact.objects.select_related("account")
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    lookup_value_regex = ID
