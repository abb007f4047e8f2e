"""The addresses of the people of a conversation, below its own: its customer, and who else has it open."""

from conversations import customer_actions as actions
from conversations import views_here

PEOPLE = [
    ("customer/", actions.find, "find-contact"),
    ("link/", actions.link, "link"),
    ("unlink/", actions.unlink, "unlink"),
    ("add-contact/", actions.add_contact, "add-contact"),
    ("contact-note/", actions.contact_note, "contact-note"),
    ("block/", actions.block, "block"),
    ("unblock/", actions.unblock, "unblock"),
    ("here/", views_here.here, "here"),
]
