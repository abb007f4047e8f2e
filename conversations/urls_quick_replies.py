"""Addresses of quick replies on the desk."""

from django.urls import path

from conversations import views_quick_replies as views

OWN = "preferences/quick-replies/"
QUICK_REPLIES = [
    path(OWN, views.personal, name="personal-quick-replies"),
    path(f"{OWN}<int:quick_reply_id>/", views.personal, name="personal-quick-reply"),
    path(f"{OWN}<int:quick_reply_id>/delete/", views.delete_personal, name="delete-personal-quick-reply"),
    path("<worklist:worklist>/<int:conversation_id>/quick-replies/", views.choose, name="quick-replies"),
]
