"""What no browser sends: ids that are none, where a page takes one. Answered, never with a 500."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.db.models import ForeignKey, ManyToManyField
from django.test import Client
from django.urls import reverse

from contacts.models import Address, Contact, ImportJob
from tests.administration.conftest import form_of
from tests.world import World

ODD = ["abc", "²", "1\0", "9" * 25, "1" * 5000, "-1"]

# 400: a NUL in an address.
ANSWERED = {200, 302, 400, 403}


@pytest.fixture(params=ODD, ids=["letters", "superscript", "NUL", "25", "5000", "negative"])
def odd(request: Any) -> str:
    return request.param


def test_contacts_to_merge(ada: Client, odd: str) -> None:
    ids = [Contact.objects.create(last_name=name).pk for name in ("Rossi", "Verdi")]

    answer = ada.post(f"/admin/customers/merge/?ids={ids[0]}&ids={ids[1]}", {"first_name": odd})

    assert answer.status_code == 302
    assert ada.get("/admin/customers/merge/", {"ids": odd}).status_code in ANSWERED


def test_rows_of_an_import(ada: Client, world: World, odd: str) -> None:
    job = ImportJob.objects.create(state=ImportJob.State.DONE, file_name="a.csv")

    assert ada.get(f"/admin/customers/imports/{job.pk}/", {"after": odd}).status_code in ANSWERED
    assert ada.get(f"/api/v1/imports/{job.pk}/rows/", {"after": odd}).status_code in ANSWERED


@pytest.mark.parametrize("act", ["retire", "set", "put-back"])
def test_acts_of_set_up(ada: Client, world: World, act: str, odd: str) -> None:
    url = reverse("admin:sms-set-up", args=[world.sms_settings.pk])

    assert ada.post(url, {"do": f"{act}:{odd}"}).status_code == 404


# --- relations in every form ----------------------------------------------------------------------


def pages(world: World) -> list[tuple[str, list[str]]]:
    """The forms to add and to change a record, of all models, with their fields that are relations."""
    contact = Contact.objects.create(last_name="Rossi")
    Address.objects.create(kind="phone", value="+14255550177", contact=contact)
    found = []
    for model in site._registry:
        relations = [*model._meta.fields, *model._meta.many_to_many]
        names = [f.name for f in relations if isinstance(f, ForeignKey | ManyToManyField)]
        about = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if names:
            found.append((reverse(f"{about}_add"), names))
            found += [(reverse(f"{about}_change", args=[row.pk]), names) for row in model.objects.all()[:1]]
    return found


def test_a_relation_of_any_form_is_refused_at_its_field(ada: Client, world: World, odd: str) -> None:
    tried = set()
    for url, names in pages(world):
        shown = ada.get(url)
        if shown.status_code != 200 or "adminform" not in shown.context:
            continue
        for name in set(names) & set(shown.context["adminform"].form.fields):
            assert ada.get(url, {name: odd}).status_code in ANSWERED, (url, name)
            answer = ada.post(url, {**form_of(shown), name: odd})
            assert answer.status_code == 200, (url, name)
            assert name in answer.context["adminform"].form.errors, (url, name)
            tried.add((url.split("/")[3], name))

    assert tried >= {("contact", "account"), ("address", "contact"), ("queue", "members")}


def test_a_filter_of_any_list(ada: Client, world: World, odd: str) -> None:
    for model, model_admin in site._registry.items():
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for wanted in model_admin.list_filter:
            if isinstance(wanted, str | tuple):
                name = wanted if isinstance(wanted, str) else wanted[0]
                lookup = f"{name}__id__exact" if model._meta.get_field(name).is_relation else f"{name}__exact"
                assert ada.get(url, {lookup: odd}).status_code in ANSWERED, (url, lookup)
            else:
                for lookup in wanted.names if hasattr(wanted, "names") else [wanted.parameter_name]:
                    assert ada.get(url, {lookup: odd}).status_code in ANSWERED, (url, lookup)
