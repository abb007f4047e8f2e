"""The desk's addresses. Whatever is on the screen has one."""

from django.urls import path

from conversations import (
    actions,
    actions_supervisor,
    views,
    views_commands,
    views_preferences,
    views_search,
    views_stream,
    views_today,
)
from conversations.urls_lists import HERE, LISTS
from conversations.urls_people import PEOPLE
from conversations.urls_quick_replies import QUICK_REPLIES
from conversations.urls_thread import THREAD
from conversations.urls_writing import WRITING

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("feed/", views.feed, name="feed"),
    *LISTS,
    path("stream/", views_stream.stream, name="stream"),
    path("search/", views_search.search, name="search"),
    path("preferences/", views_preferences.edit, name="preferences"),
    path("commands/", views_commands.commands, name="commands"),
    path("today/", views_today.today, name="today"),
    path("today/<slug:figure>/", views_today.behind, name="figure"),
    path("keys/", views_preferences.sheet, name="keys"),
    path(HERE, views.conversation, name="conversation"),
    path(f"{HERE}pick/", actions.pick, name="pick"),
    path(f"{HERE}reply/", actions.reply, name="reply"),
    path(f"{HERE}templates/", views.templates, name="templates"),
    path(f"{HERE}send-template/", actions.send_template, name="send-template"),
    path(f"{HERE}note/", actions.note, name="note"),
    path(f"{HERE}end/", actions.end, name="end"),
    path(f"{HERE}close-session/", actions.close_session, name="close-session"),
    path(f"{HERE}release/", actions.release, name="release"),
    path(f"{HERE}transfer/", actions.transfer, name="transfer"),
    path(f"{HERE}assign/", actions_supervisor.assign, name="assign"),
    path(f"{HERE}take-over/", actions_supervisor.take_over, name="take-over"),
    *(path(f"{HERE}{route}", view, name=name) for route, view, name in (*PEOPLE, *THREAD, *WRITING)),
    *(path(route, view, name=name) for route, view, name in QUICK_REPLIES),
    path(f"{HERE}files/<int:media_id>/fetch-again/", actions.fetch_again, name="fetch-again"),
    path(f"{HERE}messages/<int:message_id>/try-again/", actions.try_again, name="try-again"),
]
