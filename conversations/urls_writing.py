"""The addresses of what is done with texts before they leave: route below a conversation, view, name."""

from conversations import actions_writing as actions

MESSAGE = "messages/<int:message_id>/"
WRITING = [
    ("draft/", actions.draft, "draft"),
    (f"{MESSAGE}take-back/", actions.take_back, "take-back"),
    (f"{MESSAGE}send-now/", actions.send_now, "send-now"),
    (f"{MESSAGE}change-time/", actions.change_time, "change-time"),
]
