"""The addresses of reading more of a thread: below the conversation, view, name."""

from conversations import views_thread as views

THREAD = [
    ("older/", views.older, "older"),
    ("transcript/", views.transcript_file, "transcript"),
    ("messages/<int:message_id>/story/", views.story, "story"),
]
