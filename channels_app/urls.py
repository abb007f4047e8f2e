"""The addresses that providers post to. With or without the last slash: a redirect would lose the body."""

from django.urls import re_path

from channels_app.views import webhook

urlpatterns = [
    re_path(r"^(?P<token>[A-Za-z0-9_-]{16,64})/?$", webhook, name="webhook"),
    re_path(
        r"^(?P<token>[A-Za-z0-9_-]{16,64})/status/(?P<delivery_id>[0-9]{1,18})/?$",
        webhook,
        name="webhook-status",
    ),
]
