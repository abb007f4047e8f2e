"""What TeleSign carries, and what a person does at TeleSign."""

from channels_app.providers.base import ChannelRules, Guide

# POST /v1/messaging takes 1600 characters, and no files.
CHANNELS = {"sms": ChannelRules(1600, media=None)}
GUIDE = Guide(
    inbound_url="Copy this value and send it to TeleSign at support@telesign.com: only its support can "
    "set it. One URL takes the texts and the reports of all numbers of a Customer ID.",
    letter_to="support@telesign.com",
    letter_subject="Callback URL for Customer ID {id}",
    letter=(
        "Hello,\n\n"
        "please set the callback URL of our account as follows, for inbound SMS and for SMS delivery "
        "reports:\n\n"
        "Customer ID: {id}\n"
        "Callback URL: {url}\n\n"
        "Our endpoint takes HTTPS POST requests with JSON and checks the signature of each "
        "(Authorization or X-TS-Authorization). If another callback URL is set today, please replace it.\n\n"
        "Thank you."
    ),
    add_number="Add new SMS number",
    number="The support phone number from TeleSign in the form 14252306549, without blanks. Type: Long code.",
    numbers_page=("TeleSign coverage map", "https://www.telesign.com/coverage-map/"),
    validation="Asks TeleSign whether it takes Customer ID and API key. It costs nothing and sends nothing.",
)
