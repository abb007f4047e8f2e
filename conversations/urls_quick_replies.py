"""The addresses of quick replies on the desk: view, name."""

from conversations import views_quick_replies as views

OWN = "preferences/quick-replies/"
QUICK_REPLIES = [
    (OWN, views.personal, "personal-quick-replies"),
    (f"{OWN}<int:quick_reply_id>/", views.personal, "personal-quick-reply"),
    (f"{OWN}<int:quick_reply_id>/delete/", views.delete_personal, "delete-personal-quick-reply"),
    ("<worklist:worklist>/<int:conversation_id>/quick-replies/", views.choose, "quick-replies"),
]
