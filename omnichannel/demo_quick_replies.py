"""The demo's quick replies."""

from conversations import quick_replies
from conversations.models_desk import DeskSettings
from conversations.models_quick_replies import QuickReply

# Title, locale, message, tags.
REPLIES = [
    (
        "Greeting",
        "en",
        "Hello {FullName{Customer}}, this is {FirstName{Agent}}. How can I help you?",
        ["hello"],
    ),
    (
        "Greeting",
        "de",
        "Guten Tag {FullName{Customer}}, hier ist {FirstName{Agent}}. Wie kann ich Ihnen helfen?",
        ["hello"],
    ),
    (
        "Ask for the order number",
        "en",
        "Could you send me your order number, please? It begins with A and has seven digits.",
        ["order"],
    ),
    ("On its way", "en", "Good news: your parcel has left our warehouse today.", ["order", "parcel"]),
    (
        "Invoice again",
        "en",
        "I will send you the invoice once more. Is the e-mail address that we have still right?",
        ["billing"],
    ),
    ("Thank you", "en", "Thank you for writing to us. Have a good day!\n{FirstName{Agent}}", ["goodbye"]),
]


def make() -> None:
    """A few for everybody; agents may have their own."""
    DeskSettings.objects.update_or_create(pk=1, defaults={"allow_personal_quick_replies": True})
    for title, locale, message, tags in REPLIES:
        quick_replies.save(QuickReply(title=title, locale=locale, message=message), tags=tags)
