"""Why a callback's signature does not fit, in TeleSign's words: whose it is, if it is anybody's. Pure."""

from collections.abc import Mapping, Sequence

from channels_app.providers import telesign_signature as signatures
from channels_app.providers.base import Credentials, Diagnosis, WireRequest

LARGEST_BODY = 20_000
MOST_ACCOUNTS = 20
NO_SIGNATURE = (
    "There was no signature at all: the request did not come from TeleSign, or a proxy takes the headers "
    "Authorization and X-TS-Authorization away."
)
NO_KEY = "The API key stored here is not base64, so nothing can be verified with it: replace it."
FITS_NOTHING = (
    "The signature fits nothing we know. TeleSign signs the body alone, so the URL is not the reason: the "
    "API key stored here is probably not the one TeleSign signs with. Replace it, then Validate API Key. If "
    "the key is right, a proxy changes the body on its way, or the request did not come from TeleSign."
)


def reason(request: WireRequest, account: Credentials) -> str:
    """Why a callback is refused; empty when it was signed for this account with one of its API keys."""
    given = signatures.claims(request.headers)
    if not given:
        return "The request is not signed: Authorization and X-TS-Authorization are missing or empty."
    if not any(signatures.key_bytes(secret) for secret in account.secrets):
        return "The account has no API key to verify with."
    ours = [claim for claim in given if signatures.names(claim, account.external_id)]
    if any(signatures.is_signed_by(claim.signature, account.secrets, request.body) for claim in ours):
        return ""
    if not ours:
        return "The request names another Customer ID than this account's."
    return "The signature does not fit the API key: another key, or the body was changed on its way."


def diagnose(request: WireRequest, account: Credentials, *, others: Mapping[str, Sequence[str]]) -> Diagnosis:
    """What is probably wrong with a refused callback; `others`: our other accounts' secrets by their ids."""
    given = signatures.claims(request.headers)
    if not given:
        return Diagnosis(NO_SIGNATURE)
    if not any(signatures.key_bytes(secret) for secret in account.secrets):
        return Diagnosis(NO_KEY)
    if len(request.body) > LARGEST_BODY:
        return Diagnosis("Not looked into: the body is too large for it.")
    for claim in given:
        if signatures.is_signed_by(claim.signature, account.secrets, request.body):
            return Diagnosis(
                f"The API key fits, but the request names Customer ID {claim.customer_id[:64]}: one of the "
                "two is mistyped. Correct the Customer ID here."
            )
        for external_id, secrets in list(others.items())[:MOST_ACCOUNTS]:
            if signatures.is_signed_by(claim.signature, secrets, request.body):
                return Diagnosis(
                    f"The signature fits the API key of account {external_id}: TeleSign posts that "
                    "account's texts to the inbound URL of this one. Have TeleSign's support set that "
                    "account's own URL."
                )
    return Diagnosis(FITS_NOTHING)
