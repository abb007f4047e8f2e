"""The addresses of what is done about a conversation's customer: below the conversation, view, name."""

from conversations import customer_actions as actions

CUSTOMER = [
    ("customer/", actions.find, "find-contact"),
    ("link/", actions.link, "link"),
    ("unlink/", actions.unlink, "unlink"),
    ("add-contact/", actions.add_contact, "add-contact"),
    ("contact-note/", actions.contact_note, "contact-note"),
    ("block/", actions.block, "block"),
    ("unblock/", actions.unblock, "unblock"),
]
