"""Customers over the API."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.fields import clean_phone
from contacts.masks import MaskedInLists
from contacts.models import Account, Contact, Note
from contacts.search import contacts_matching
from contacts.services import add_note
from omnichannel.lib import phones
from omnichannel.lib.rest import ID, IdFilter

LONGEST_WRITTEN_NUMBER = 40
SHOWN_NOTES = 100


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
    account_name = serializers.CharField(source="account.name", read_only=True, allow_null=True, default=None)

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
            "external_id",
            "created_at",
            "modified_at",
        ]


@extend_schema_serializer(
    examples=[OpenApiExample("A note", value={"text": "Calls on Mondays only."}, request_only=True)]
)
class ContactNoteSerializer(serializers.ModelSerializer):
    """What somebody wrote down about a contact."""

    class Meta:
        model = Note
        fields = ["id", "text", "author", "created_at"]
        read_only_fields = ["author"]


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
        """Beginning of a name or e-mail address, or a number in any form."""
        return contacts_matching(contacts, text)


class AccountViewSet(viewsets.ModelViewSet):
    """Companies that contacts belong to."""

    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    lookup_value_regex = ID


class ContactViewSet(MaskedInLists, viewsets.ModelViewSet):
    """Contacts; customers are identified by their mobile phone."""

    number_fields = ("mobile_phone",)
    queryset = Contact.objects.select_related("account")
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    lookup_value_regex = ID

    @extend_schema(methods=["GET"], responses=ContactNoteSerializer(many=True))
    @extend_schema(methods=["POST"], request=ContactNoteSerializer, responses={201: ContactNoteSerializer})
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def notes(self, request: Request, pk: str) -> Response:
        """The newest hundred notes of a contact, or one more."""
        contact = self.get_object()
        if request.method == "GET":
            found = contact.notes.order_by("-id")[:SHOWN_NOTES]
            return Response(ContactNoteSerializer(found, many=True).data)
        given = ContactNoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        text, author = given.validated_data["text"], request.user.get_username()
        note = add_note(contact=contact, text=text, author=author)
        return Response(ContactNoteSerializer(note).data, status=201)
