"""Filters, orders, what is unread, and views that are kept."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from conversations import reading, services
from conversations.models import Conversation
from conversations.models_desk import Draft, Reading, SavedView
from tests.conversations.desk import cursor_in, feed, statements, text_in, url, write


def page_of(client, slug):
    response = client.get(reverse("desk:list", args=[slug]))
    assert response.status_code == 200, slug
    return response.content.decode()


def rows_of(client, slug):
    """The last words of each row, in order."""
    return re.findall(r'class="last">.*?<bdi>(.*?)</bdi>', page_of(client, slug))


@pytest.fixture
def three(world, drain):
    """Three Open conversations of the Default queue; the customers wait for 40, 20 and 0 minutes."""
    found = []
    for number, minutes in enumerate((40, 20, 0)):
        conversation = text_in(world, drain, f"text {number}", sender=f"+1425555700{number}")
        since = conversation.customer_waits_since - timedelta(minutes=minutes)
        Conversation.objects.filter(pk=conversation.pk).update(customer_waits_since=since)
        found.append(conversation)
    return found


# --- filters and orders ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "rows"),
    [
        ("ongoing", ["text 2", "text 1", "text 0"]),
        ("ongoing;order=waiting", ["text 0", "text 1", "text 2"]),
        ("ongoing;waits=15", ["text 0", "text 1"]),
        ("ongoing;state=active", []),
        ("ongoing;channel=whatsapp", []),
        ("ongoing;channel=sms;order=created", ["text 2", "text 1", "text 0"]),
        ("ongoing;order=transfers", ["text 1", "text 2", "text 0"]),
        ("ongoing;unread", ["text 2", "text 0"]),
        ("ongoing;failed", ["text 2"]),
        ("ongoing;queue=999", []),
    ],
)
def test_a_list_shows_what_fits_all_its_filters_in_its_order(world, three, alice, now, slug, rows):
    Conversation.objects.filter(pk=three[1].pk).update(transfer_count=2)
    Conversation.objects.filter(pk=three[2].pk).update(has_failed_message=True)
    reading.read_up_to(three[1], user=world.users["alice"], seq=three[1].last_seq, now=now)

    assert rows_of(alice, slug) == rows


def test_the_form_leads_to_the_address_of_the_list(alice, world):
    asked = {"queue": world.billing.pk, "unread": "on", "state": "", "order": "waiting"}

    response = alice.get(reverse("desk:list", args=["ongoing"]), asked)

    assert response.status_code == 302
    assert response.url == f"/desk/ongoing;queue={world.billing.pk};unread;order=waiting/"


@pytest.mark.parametrize("asked", [{"queue": "x"}, {"waits": "-1"}, {"state": "gone"}, {"order": "best"}])
def test_what_no_list_knows_is_not_found(alice, asked):
    assert alice.get("/desk/ongoing/", asked).status_code == 404


@pytest.mark.parametrize("slug", ["all", "ongoing;agent=1", "my;agent=1"])
def test_an_agent_has_no_lists_of_supervisors(alice, as_user, slug):
    assert alice.get(f"/desk/{slug}/").status_code == 404
    assert as_user("sam").get(f"/desk/{slug}/").status_code == 200


def test_an_agent_sees_what_goes_on_in_their_queues_and_with_them(world, three, alice, bob, now):
    Conversation.objects.filter(pk=three[0].pk).update(queue=world.billing)

    assert rows_of(alice, "ongoing") == ["text 2", "text 1"]
    assert rows_of(bob, f"ongoing;queue={world.billing.pk}") == ["text 0"]
    services.pick(conversation_id=three[0].pk, agent=world.agents["bob"], now=now)
    Conversation.objects.filter(pk=three[0].pk).update(agent=world.agents["alice"])
    assert "text 0" in rows_of(alice, "ongoing")


def test_each_filter_is_a_chip_that_can_be_taken_off(alice, world):
    page = page_of(alice, f"ongoing;queue={world.default_queue.pk};waits=30;unread")

    for words, without in [
        ("Queue: Default queue", "ongoing;waits=30;unread"),
        ("Unread", f"ongoing;queue={world.default_queue.pk};waits=30"),
    ]:
        assert f"<bdi>{words}</bdi>" in page
        assert f'href="/desk/{without}/"' in page


def test_acting_in_a_narrowed_list_comes_back_to_it(alice, three):
    answer = alice.post(url("unread", three[0], "open;unread"))

    assert answer.status_code == 303
    assert answer.url == "/desk/open;unread/"


def test_older_rows_come_by_themselves(alice, three, monkeypatch):
    monkeypatch.setattr("conversations.worklists.PAGE", 2)
    first = page_of(alice, "ongoing;order=waiting")
    older = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")

    rest = alice.get(older, headers={"HX-Request": "true"}).content.decode()

    assert rest.lstrip().startswith("<li")
    assert "text 2" in rest
    assert "text 0" not in rest


# --- counts ------------------------------------------------------------------------------------------


def test_the_navigation_counts_views_and_queues(world, three, alice, now):
    services.pick(conversation_id=three[0].pk, agent=world.agents["alice"], now=now)
    page = page_of(alice, "my")

    for slug, count in [("open", 2), ("my;unread", 1), (f"ongoing;queue={world.default_queue.pk}", 3)]:
        entry = page.split(f'id="view-{slug}"')[1].split("</a>")[0]
        assert re.search(r'class="count[^"]*">(\d+)<', entry)[1] == str(count), slug


@pytest.mark.parametrize("slug", ["ongoing;unread;order=waiting", "all;failed", "open;waits=5"])
def test_a_narrowed_list_takes_at_most_12_statements(as_user, three, slug):
    sam = as_user("sam")
    sam.get("/desk/my/")

    assert statements(lambda: sam.get(reverse("desk:list", args=[slug]))) <= 12


# --- what was read -----------------------------------------------------------------------------------


def test_looking_does_not_mark_as_read_but_the_page_tells(world, taken, alice):
    page = alice.get(url("conversation", taken)).content.decode()
    assert not Reading.objects.exists()
    seq = page.split('name="seq" value="')[1].split('"')[0]

    answer = alice.post(url("read", taken), {"seq": seq}, headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert Reading.objects.get().seq == taken.last_seq
    assert 'class="badge"' not in page_of(alice, "my")


def test_reading_never_moves_back_nor_beyond_the_end(world, taken, now):
    alice = world.users["alice"]
    reading.read_up_to(taken, user=alice, seq=10**9, now=now)
    reading.read_up_to(taken, user=alice, seq=1, now=now)

    assert Reading.objects.get().seq == taken.last_seq


def test_unread_is_counted_for_each_person_up_to_nine(world, drain, taken, alice, as_user, now):
    for number in range(11):
        text_in(world, drain, f"again {number}")
    taken.refresh_from_db()
    assert 'class="badge">9+<' in page_of(alice, "my")

    reading.read_up_to(taken, user=world.users["alice"], seq=taken.last_seq, now=now)

    assert 'class="badge"' not in page_of(alice, "my")
    assert 'class="badge">9+<' in page_of(as_user("sam"), "ongoing")


def test_marking_as_unread_leaves_the_conversation(world, taken, alice, now):
    reading.read_up_to(taken, user=world.users["alice"], seq=taken.last_seq, now=now)

    answer = alice.post(url("unread", taken))

    assert answer.url == "/desk/my/"
    assert 'class="badge">1<' in page_of(alice, "my")


@pytest.mark.parametrize("seq", ["", "x", "-1", "²"])
def test_a_place_that_is_no_number_is_refused(taken, alice, seq):
    assert alice.post(url("read", taken), {"seq": seq}).status_code == 400


def test_what_one_may_not_see_cannot_be_read(world, waiting, alice):
    Conversation.objects.update(queue=world.billing)

    assert alice.post(url("read", waiting), {"seq": "1"}).status_code == 404
    assert alice.post(url("unread", waiting)).status_code == 404


def test_the_list_of_another_page_hears_that_it_was_read(world, taken, alice, now):
    cursor = cursor_in(page_of(alice, "my"))
    reading.read_up_to(taken, user=world.users["alice"], seq=taken.last_seq, now=now)

    answer = feed(alice, cursor).content.decode()

    assert 'id="rows"' in answer
    assert 'class="badge"' not in answer


# --- marks -------------------------------------------------------------------------------------------


def test_a_row_shows_the_draft_of_its_reader_alone(world, taken, alice, as_user):
    Draft.objects.create(user=world.users["alice"], conversation=taken, kind="reply", text="Dear <b>you</b>")

    assert "Draft:</span> <bdi>Dear &lt;b&gt;you&lt;/b&gt;</bdi>" in page_of(alice, "my")
    assert "Draft:" not in page_of(as_user("sam"), "ongoing")


def test_a_row_shows_how_long_the_customer_waits_and_that_there_is_a_note(taken, alice):
    Conversation.objects.update(customer_waits_since=taken.created_at - timedelta(minutes=12))
    write(alice, taken, "Careful", kind="note")

    page = page_of(alice, "my")

    assert ">waits 12 min</time>" in page
    assert 'class="chip note">internal<' in page


# --- views that are kept -----------------------------------------------------------------------------


def keep(client, slug, name, **more):
    return client.post("/desk/saved-views/", {"list": slug, "name": name, **more})


def test_a_view_of_one_s_own_is_in_one_s_own_navigation(alice, bob):
    assert keep(alice, "open;waits=30", "Too long").url == "/desk/open;waits=30/"

    assert "<bdi>Too long</bdi>" in page_of(alice, "open;waits=30")
    assert "Too long" not in page_of(bob, "open")


def test_a_team_s_view_is_made_by_supervisors_and_seen_by_all(alice, as_user):
    refused = keep(alice, "open", "Ours", for_team="on")
    assert refused.status_code == 422
    assert "supervisors and administrators" in refused.content.decode()

    keep(as_user("sam"), "open;unread", "Ours", for_team="on")

    assert "<bdi>Ours</bdi>" in page_of(alice, "my")
    assert alice.post(f"/desk/saved-views/{SavedView.objects.get().pk}/delete/").status_code == 404


def test_the_desk_begins_with_the_view_that_is_shown_first(alice):
    keep(alice, "open;unread", "First", is_default="on")
    keep(alice, "open;failed", "Second", is_default="on")
    assert alice.get("/desk/").url == "/desk/open;failed/"

    second = SavedView.objects.get(name="Second")
    alice.post(f"/desk/saved-views/{second.pk}/first/")

    assert alice.get("/desk/").url == "/desk/my/"


@pytest.mark.parametrize("name", ["", " ", "\u200b", "x" * 61])
def test_a_name_that_nobody_could_read_is_refused_at_the_field(alice, name):
    response = keep(alice, "open", name)

    assert response.status_code == 422
    assert 'id="name-error"' in response.content.decode()
    assert not SavedView.objects.exists()


def test_a_name_is_given_once(alice):
    keep(alice, "open", "Mine")

    assert "There is a view of this name already." in keep(alice, "my", "Mine").content.decode()


def test_nobody_keeps_a_list_that_is_not_theirs(alice):
    assert keep(alice, "all", "Everything").status_code == 404
    assert keep(alice, "nothing", "Everything").status_code == 422


def test_a_view_is_deleted_by_its_owner_alone(alice, bob):
    keep(alice, "open", "Mine")
    path = f"/desk/saved-views/{SavedView.objects.get().pk}/delete/"

    assert bob.post(path).status_code == 404
    assert alice.post(path).status_code == 303
    assert not SavedView.objects.exists()


def test_a_team_s_view_of_a_list_for_supervisors_is_not_offered_to_agents(alice, as_user):
    keep(as_user("sam"), "all", "Everything there is", for_team="on")

    assert "Everything there is" in page_of(as_user("sam"), "my")
    assert "Everything there is" not in page_of(alice, "my")
