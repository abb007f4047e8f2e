"""What made-up customers and agents say."""

import random

# In about every third message, and in a handful of all: what searches are tried with.
COMMON = "invoice"
RARE = "zeppelinwurst"
SAYINGS = 20_000


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split("|")]


FIRST_NAMES = _listed(
    "Anna|Boris|Carla|Dario|Elena|Felix|Greta|Hugo|Ines|Jonas|Klara|Luca|Mila|Nora|Oskar|Paula|Quentin|"
    "Rosa|Selim|Tara|Ueli|Vera|Wanda|Xenia|Yusuf|Zoe|Amir|Beatrice|Cyril|Dunja|Emil|Fatima"
)
LAST_NAMES = _listed(
    "Abegg|Berger|Caduff|Dubois|Egli|Frei|Gerber|Huber|Imhof|Jost|Keller|Lang|Meier|Nussbaum|Odermatt|"
    "Pfister|Roth|Suter|Tanner|Vogel|Weber|Ziegler|Novak|Petrov|Rossi|Silva|Nguyen|Okafor|Haddad|Larsen"
)
STARTS = _listed(
    "Hello,|Good morning,|Hi there,|Thank you,|Sorry,|One question:|As I said,|Good evening,|Please,|Well,"
)
SUBJECTS = _listed(
    "my parcel|the order|your technician|the blue lamp|the second delivery|the refund|our contract|the "
    "heating|the appointment|the replacement|my account|the receipt|the garden chair|the new filter|the "
    "password|the voucher|the courier|the left door|the warranty|the subscription"
)
VERBS = _listed(
    "has not arrived|came today|was too small|is still open|looks fine|cannot be found|was paid twice|"
    "broke yesterday|should be changed|needs a signature|was returned|is waiting at the depot|stopped "
    "working|arrives on Friday|must be cancelled|was not what we wanted"
)
ENDS = _listed(
    "Can you help?|When will it come?|Thanks a lot.|Please call me back.|I will send a picture.|We look "
    "into it.|That is all for now.|It is urgent.|Have a nice day.|Which day suits you?|I do not understand."
)


def sayings(rng: random.Random) -> list[str]:
    """Sentences to pick from; COMMON is in every third."""
    return [_saying(rng, has_common=number % 3 == 0) for number in range(SAYINGS)]


def _saying(rng: random.Random, *, has_common: bool) -> str:
    about = f"the {COMMON} for {rng.choice(SUBJECTS)}" if has_common else rng.choice(SUBJECTS)
    said = f"{rng.choice(STARTS)} {about} {rng.choice(VERBS)}."
    if rng.random() < 0.3:
        said += f" Number {rng.randrange(10_000, 99_999)}."
    return f"{said} {rng.choice(ENDS)}" if rng.random() < 0.5 else said
