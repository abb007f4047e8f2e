"""Status callbacks: telling the product what became of a message that it sent.

The initial status is never told (it stands in the answer to the request); after it come "sent" and then
"delivered", or what the fault says.
"""

from datetime import UTC, datetime

from simulator.courses import Courses
from simulator.customers import UnknownMessageError
from simulator.faults import Step
from simulator.records import Message
from simulator.state import State
from simulator.twilio.fetching import RefusedError, fetch_all
from simulator.twilio.webhook import Call, deliver
from simulator.twilio.whatsapp import install_sid

FINAL = ("delivered", "undelivered", "failed")
EVENTS = ("delivered", "read")


class Callbacks:
    """Starts what happens to accepted messages."""

    def __init__(self, state: State, courses: Courses) -> None:
        self._state = state
        self._courses = courses

    def start(self, message: Message, course: list[Step], *, early: bool) -> None:
        """Let the message run its course; with `early` the first step is done before this returns."""
        self._courses.start(message, course, self.tell, early=early, before=self._fetch)

    def read(self, sid: str) -> None:
        """The customer looks at the message. Raises UnknownMessageError when there is nothing to read."""
        message = self._state.message(sid)
        if message is None or not message.is_whatsapp or message.status != "delivered":
            raise UnknownMessageError(f"No message {sid} waits to be read on WhatsApp.")
        self._courses.start(message, [Step("read")], self.tell)

    def _fetch(self, message: Message) -> Step | None:
        """Get the files, without which the message does not leave."""
        try:
            message.files = fetch_all(message)
        except RefusedError as refused:
            return Step("failed", refused.code)
        return None

    def tell(self, message: Message, step: Step) -> None:
        """Call the message's own address, if it has one."""
        account = self._state.accounts.get(message.account_sid)
        if account is None or not message.status_callback:
            # Without an account, the simulator was reset while this job was under way: nobody is left to
            # sign for.
            return
        fields = callback_fields(message, step)
        call = Call(f"status:{step.status}", message.status_callback, fields, account.auth_token)
        self._state.add_attempts(message, deliver(call))


def callback_fields(message: Message, step: Step) -> list[tuple[str, str]]:
    """The form fields of one status callback."""
    fields = [
        ("MessageSid", message.sid),
        ("SmsSid", message.sid),
        ("MessageStatus", step.status),
        ("SmsStatus", step.status),
        ("AccountSid", message.account_sid),
        ("From", message.sender),
        ("To", message.recipient),
        ("ApiVersion", "2010-04-01"),
    ]
    if message.is_whatsapp:
        fields += _channel_fields(message, step)
    if step.error_code:
        fields.append(("ErrorCode", str(step.error_code)))
    if step.status in FINAL:
        fields.append(("RawDlrDate", datetime.now(UTC).strftime("%y%m%d%H%M")))
    return fields


def _channel_fields(message: Message, step: Step) -> list[tuple[str, str]]:
    recipient = message.recipient.removeprefix("whatsapp:")
    fields = [
        ("ChannelPrefix", "whatsapp"),
        ("ChannelInstallSid", install_sid(message.sender)),
        ("ChannelToAddress", f"{recipient[:-4]}XXXX"),
    ]
    if step.status in EVENTS:
        return [*fields, ("EventType", step.status.upper())]
    return [*fields, ("StructuredMessage", "true" if message.content_sid else "false")]
