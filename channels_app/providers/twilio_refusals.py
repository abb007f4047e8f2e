"""Why a signature does not fit: for which other URL, or with whose token, it would have been made. Pure.

The work is bounded: small bodies, few URLs, and other accounts' tokens only over the URLs we expected.
"""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

from channels_app.providers import twilio_signature as signatures
from channels_app.providers.addresses import told
from channels_app.providers.base import Credentials, Diagnosis, WireRequest

LARGEST_BODY = 20_000
MOST_URLS, MOST_ACCOUNTS = 96, 20
# What the documents advise to add at Twilio; a fragment never reaches a server, and must not be signed.
FRAGMENT = "#rc=3&rp=all"
NO_SIGNATURE = (
    "There was no signature at all: the request did not come from Twilio, or a proxy takes the header "
    "X-Twilio-Signature away."
)
FITS_NOTHING = (
    "The signature fits nothing we know: the Auth Token stored here is probably old. Replace it, then "
    "Validate API Key. If the token is right, the request did not come from Twilio."
)


def diagnose(
    request: WireRequest, account: Credentials, *, hosts: Iterable[str], others: Mapping[str, Iterable[str]]
) -> Diagnosis:
    """What is probably wrong with a refused request.

    `hosts` are further names under which this server may be reached; `others` are the secrets of our other
    accounts by their ids.
    """
    given = request.headers.get("x-twilio-signature", "")
    if not given:
        return Diagnosis(NO_SIGNATURE)
    if len(request.body) > LARGEST_BODY:
        return Diagnosis("Not looked into: the body is too large for it.")
    is_form = request.method != "GET" and signatures.FORM in request.content_type
    pairs = [signatures.form_pairs(request.body)] if is_form else [[]]
    for url in candidates(request.urls, hosts):
        if signatures.is_valid(signature=given, secrets=account.secrets, urls=[url], pairs_variants=pairs):
            return Diagnosis(_signed_for(url, request.urls[0]), url)
    expected = [form for url in request.urls[:2] for form in signatures.url_forms(url)]
    for external_id, secrets in list(others.items())[:MOST_ACCOUNTS]:
        if signatures.is_valid(signature=given, secrets=secrets, urls=expected, pairs_variants=pairs):
            return Diagnosis(
                f"The signature fits the Auth Token of account {external_id}: a number of that account has "
                "the inbound URL of this one. Give the number its own account's URL at Twilio."
            )
    return Diagnosis(FITS_NOTHING)


def candidates(urls: Iterable[str], hosts: Iterable[str]) -> list[str]:
    """The URLs that may have been signed instead, the most likely first, MOST_URLS at most."""
    expected = list(urls)
    found = dict.fromkeys(
        form
        for host in dict.fromkeys([*(_host(url) for url in expected), *hosts])
        if host
        for scheme in ("https", "http")
        for path in _paths(expected[0])
        for form in signatures.url_forms(urlunsplit(urlsplit(path)._replace(scheme=scheme, netloc=host)))
    )
    return list(found)[:MOST_URLS]


def _host(url: str) -> str:
    """Host and port; empty when the Host header was nonsense."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _paths(url: str) -> Iterator[str]:
    """The URL as it is; with, or without, its last slash; without its query; with the usual fragment."""
    parts = urlsplit(url)
    bare = parts.path.rstrip("/")
    for path in (parts.path, bare if parts.path.endswith("/") else bare + "/"):
        for query in dict.fromkeys([parts.query, ""]):
            made = urlunsplit(parts._replace(path=path, query=query))
            yield made
            yield made + FRAGMENT


def _signed_for(url: str, expected: str) -> str:
    signed, ours = urlsplit(url), urlsplit(expected)
    if (signed.scheme, signed.netloc) != (ours.scheme, ours.netloc):
        advice = f"set PUBLIC_BASE_URL to {signed.scheme}://{signed.netloc}, or correct the URL at Twilio"
    else:
        advice = "copy the inbound URL as it is shown here, and paste it at Twilio"
    return f"Signed for {told(url)}, we expected {told(expected)}: {advice}."
