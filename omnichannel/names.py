"""What records are called on pages, where the model's own name is not the documents' word: one, several."""

from typing import Any

NAMES = {
    "routing.WorkStream": ("Work Stream", "Work Streams"),
    "routing.RoutingRule": ("Routing rule item", "Routing rule items"),
    "channels_app.SmsSettings": ("SMS Settings", "SMS Settings"),
    "channels_app.SmsNumber": ("SMS Number", "SMS Numbers"),
    "channels_app.WhatsAppAccount": ("WhatsApp account", "WhatsApp"),
    "channels_app.WhatsAppNumber": ("WhatsApp Number", "WhatsApp Numbers"),
    "channels_app.ProviderAccount": ("Provider account", "Provider accounts"),
    "conversations.QuickReply": ("Quick reply", "Quick replies"),
    "contacts.Account": ("Account (company)", "Accounts (companies)"),
    "channels_app.OptOut": ("Opt-out", "Opt-outs"),
    "channels_app.InboundUrl": ("Inbound URL", "Inbound URLs"),
    "channels_app.ProviderCall": ("Provider call", "Provider calls"),
    "channels_app.InboundText": ("Text in", "Texts in"),
    "channels_app.WebhookReceipt": ("Webhook", "Webhook journal"),
    "channels_app.Media": ("File", "Pictures and files"),
    "auth.Group": ("Role", "Roles"),
    "agents.SignInLink": ("Link to log in", "Links to log in"),
}

# What an empty list says: what comes next.
WHEN_EMPTY = {
    "routing.WorkStream": "A work stream is one way for customers' texts to come in: channel, number, rules.",
    "routing.Queue": "A queue is a team's work. Routing rules lead conversations there.",
    "routing.RoutingRule": "Without rules, every conversation goes to the Default queue.",
    "agents.Agent": "Seats at the desk come with a role: create users under Settings.",
    "channels_app.SmsSettings": "They belong to a work stream, and hold its account at the SMS provider.",
    "channels_app.SmsNumber": "The support number that customers text. Each work stream has one.",
    "channels_app.WhatsAppAccount": "A WhatsApp channel: an account at the provider, and its phone numbers.",
    "channels_app.WhatsAppNumber": "The numbers of a WhatsApp account, each with its work stream.",
    "channels_app.ProviderAccount": "Accounts appear here when SMS Settings name them.",
    "channels_app.ContentTemplate": "Made at the provider, they appear here within half an hour, or on Sync.",
    "channels_app.Incident": "When a channel is in trouble, it is told here, with the next step.",
    "channels_app.WebhookReceipt": "Every request of the provider will be kept here as it came.",
    "channels_app.InboundText": "Customers' texts appear here as soon as they come.",
    "channels_app.Refusal": "Good: no request with a wrong signature has come.",
    "channels_app.Delivery": "Texts to customers appear here, with what became of each.",
    "channels_app.Media": "Pictures and files of customers and agents appear here, with what became of each.",
    "channels_app.ProviderCall": "Every request of ours to a provider will be noted here, without secrets.",
    "channels_app.OptOut": "Customers who text STOP to a number of ours appear here.",
    "contacts.Contact": "Add one, or import a file. Unknown senders are served without.",
    "contacts.Account": "The companies that contacts belong to.",
    "contacts.Address": "Every number that texts us appears here.",
    "conversations.QuickReply": "Messages that agents insert while they write, found by / in the text.",
    "conversations.Conversation": "They begin with a customer's first text.",
}


def names_of(model: Any) -> tuple[str, str]:
    """What one record of a model is called, and several."""
    opts = model._meta
    own = (_capital(str(opts.verbose_name)), _capital(str(opts.verbose_name_plural)))
    return NAMES.get(opts.label, own)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
