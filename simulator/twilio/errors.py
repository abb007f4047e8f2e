"""Twilio's error codes as its REST API answers them, in words of our own.

Code and HTTP status after Twilio's error dictionary, read 2026-11.
"""

from simulator.web import Response, json_response

# code: (HTTP status, message)
ERRORS: dict[int, tuple[int, str]] = {
    20001: (400, "A parameter is missing or not valid"),
    20003: (401, "Authenticate"),
    20005: (401, "Account is not active"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid 'From' Phone Number"),
    21402: (400, "A URL of this number is not valid"),
    21403: (400, "A method must be GET or POST"),
    21408: (400, "Texts to the region of the 'To' number are not enabled for this account"),
    21602: (400, "A message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' phone number cannot send messages for this account"),
    21608: (400, "A trial account can only text verified numbers"),
    21609: (400, "The 'StatusCallback' URL is not valid"),
    21610: (400, "The recipient has unsubscribed from this sender"),
    21611: (400, "The queue of this 'From' number is full"),
    21612: (400, "The 'To' number cannot be reached from this 'From' number"),
    21614: (400, "The 'To' number is not a mobile number"),
    21617: (400, "The message body is longer than 1600 characters"),
    21620: (400, "A media URL is not valid"),
    21623: (400, "A message carries at most 10 media"),
    21655: (400, "The ContentSid is not valid"),
    21656: (400, "The ContentVariables are not valid"),
    21703: (400, "The Messaging Service has no phone number"),
    21910: (400, "'From' and 'To' must be of the same channel"),
    63007: (400, "There is no channel with this 'From' address"),
    63016: (400, "Free text is not allowed outside the 24 hour window"),
    63018: (429, "Too many messages on this channel"),
}


def error(code: int) -> Response:
    """Twilio's refusal with this code."""
    status, message = ERRORS[code]
    return json_response(
        {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
        status,
    )
