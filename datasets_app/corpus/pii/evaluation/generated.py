"""Generated cases: sentences of conversations with made-up identifiers of many shapes. The same seed, the same cases.

Two thirds of the given names are on no list that the search knows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

_PER_KIND: Final = 70
_KNOWN: Final = ("Anna", "Michael", "Priya", "Daniel", "Fatima", "Olivia", "Carlos", "Yuki", "Ahmed", "Katherine")
_UNKNOWN: Final = (
    *("Nkechi", "Thuy", "Bjarne", "Xochitl", "Ruaridh", "Zdenka", "Anouk", "Tevita", "Ngozi", "Iolanda", "Sinazo"),
    *("Pasi", "Jaroslava", "Keanu", "Maeve", "Tarek", "Wioletta", "Hyun-woo", "Aroha", "Baptiste"),
)
_SURNAMES: Final = (
    *("Smith", "Nguyen", "Okafor", "Lindqvist", "García", "Kaczmarek", "MacLeod", "Haddad", "Rossi", "Tanaka"),
    *("O'Connor", "Müller", "de Vries", "Petrov", "Fairweather", "Banerjee"),
)
_MONTHS: Final = ("January", "Feb", "March", "Apr", "May", "June", "July", "Aug", "September", "Oct", "November", "Dec")
_NAME_SENTENCES: Final = (
    "My name is {}, I don't know where to start.",
    "Hi, my name's {} and I'm scared of what I might do.",
    "I'm {}, and I can't breathe when I'm in the classroom.",
    "my sister {} found me on the bathroom floor",
    "My husband {} says I'm making it up.",
    "I talked to my friend {}, it didn't help.",
    "Hello {}, thank you for telling me that. Are you safe right now?",
    "Hi {}, it's good that you wrote.",
    "My son's teacher, Mrs. {}, noticed the cuts.",
    "Dr. {} wants me back on the ward.",
    "There's a girl named {} who knows everything.",
    "My roommate is called {} and drinks every night.",
    "I just wanted to say goodbye.\n\nLove,\n{}",
    "Stay safe tonight.\n- {}",
    "Name: {}",
    "her name was {} and I loved her",
)
_SURNAME_ONLY: Final = (_NAME_SENTENCES[8], _NAME_SENTENCES[9])
_SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    "email": (
        "You can reach me at {}.",
        "{} - please don't share it",
        "My email is {}, my parents can't see that one.",
        "I wrote to {} twice and nobody answered.",
        "Contact: {}",
        "he found my old account ({}) and read everything",
    ),
    "phone": (
        "Call me at {} tonight.",
        "my number is {}",
        "You can text {} if I don't answer.",
        "Her phone: {}, she'll come.",
        "I kept ringing {} until the battery died.",
        "If it gets worse, my mother's number is {}.",
    ),
    "ssn": (
        "My SSN is {}, he stole it.",
        "they asked for my social security number {} on the phone",
        "ssn: {}",
        "Someone filed taxes with {} and I'm going under.",
        "social: {}",
    ),
    "card": (
        "I paid with {} and lost it all on slots.",
        "card number {}",
        "He wrote down {} and emptied the account.",
        "My visa {} is declined everywhere.",
        "{} was on the receipt",
    ),
    "address": (
        "I live at {}.",
        "Please send help to {}",
        "my address is {}, the door is open",
        "He moved out of {} in June.",
        "She stays at {} with her aunt.",
    ),
    "birth": (
        "I was born on {}.",
        "DOB: {}",
        "my birthday is {} and nobody remembers",
        "Date of birth {}, no allergies.",
        "My daughter was born {}.",
    ),
    "ip": (
        "My IP address is {}.",
        "They logged in from {} while I slept.",
        "the hacker's ip was {}",
        "Server {} holds all my letters.",
        "I blocked {} but he came back",
    ),
    "url": (
        "My blog is at {}.",
        "Everything I wrote is on {}",
        "he posted it to {}, everyone saw",
        "See {} for the whole story.",
        "({})",
    ),
}


def generated_texts(seed: int) -> Iterator[str]:
    """Yield marked texts, the same number of each kind."""
    rng = random.Random(seed)  # noqa: S311  (made-up test data)
    for number in range(_PER_KIND):
        sentence = _NAME_SENTENCES[number % len(_NAME_SENTENCES)]
        yield sentence.format(f"⟦name|{_name(rng, surname_only=sentence in _SURNAME_ONLY)}⟧")
    values: dict[str, Callable[[random.Random], str]] = {
        "email": _email, "phone": _phone, "ssn": _ssn, "card": _card,
        "address": _address, "birth": _birth, "ip": _ip, "url": _url,
    }  # fmt: skip
    for mark, value in values.items():
        for number in range(_PER_KIND):
            sentence = _SENTENCES[mark][number % len(_SENTENCES[mark])]
            yield sentence.format(f"⟦{mark}|{value(rng)}⟧")


def _given(rng: random.Random) -> str:
    return rng.choice(_KNOWN if rng.random() < 1 / 3 else _UNKNOWN)


def _name(rng: random.Random, *, surname_only: bool) -> str:
    if surname_only:
        return rng.choice(_SURNAMES)
    given = _given(rng)
    draw = rng.random()
    if draw < 0.5:
        return given
    return (
        f"{given} {rng.choice('ABCDEFGH')}. {rng.choice(_SURNAMES)}"
        if draw > 0.9
        else f"{given} {rng.choice(_SURNAMES)}"
    )


def _email(rng: random.Random) -> str:
    given, surname = _given(rng).lower().replace("-", ""), rng.choice(("smith", "okafor", "rossi", "tanaka"))
    local = rng.choice(
        (f"{given}.{surname}", f"{given}{rng.randrange(60, 2010)}", f"{given[0]}_{surname}", f"x{given}x+a")
    )
    host = rng.choice(("example.com", "mail.example.org", "example.co.uk", "posteo.example", "uni-x.example.edu"))
    if rng.random() < 0.15:
        return f"{local.replace('+', '')} at example dot com"
    return f"{local}@{host}"


def _phone(rng: random.Random) -> str:
    area, last = rng.randrange(201, 790), rng.randrange(100, 200)
    return rng.choice((
        f"{area}-555-0{last}", f"({area}) 555-0{last}", f"{area}.555.0{last}", f"+1 {area} 555 0{last}",
        f"1-{area}-555-0{last}", f"{area} 555 0{last}", f"{area}5550{last}", f"+44 7700 900{last}",
        f"07700 900{last}", f"020 7946 0{last}", f"+49 30 23125 {last}", f"+61 2 5550 0{last}",
    ))  # fmt: skip


def _ssn(rng: random.Random) -> str:
    area = rng.choice([number for number in range(1, 899) if number != 666])
    mark = rng.choice(("-", "-", "-", " "))
    return f"{area:03d}{mark}{rng.randrange(1, 100):02d}{mark}{rng.randrange(1, 10000):04d}"


def _card(rng: random.Random) -> str:
    prefix, size = rng.choice((("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16)))
    digits = prefix + "".join(str(rng.randrange(10)) for _ in range(size - len(prefix) - 1))
    digits += str(_check_digit(digits))
    mark = rng.choice(("", " ", "-"))
    if size == 15:
        return mark.join((digits[:4], digits[4:10], digits[10:]))
    return mark.join(digits[place : place + 4] for place in range(0, size, 4))


def _check_digit(digits: str) -> int:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return -sum(value - 9 if value > 9 else value for value in doubled) % 10


def _address(rng: random.Random) -> str:
    number, street = rng.randrange(1, 9900), rng.choice(("Maple", "Cedar Hill", "Washington", "Old Mill", "Fairview"))
    suffix = rng.choice(("Street", "St", "Avenue", "Ave.", "Road", "Lane", "Drive", "Blvd", "Court"))
    town = rng.choice(("Dayton, OH 45402", "Fresno, CA", "Leeds LS1 4AP", "Portland, Oregon", "Tulsa, OK 74103"))
    return rng.choice((
        f"{number} {street} {suffix}", f"{number} {street} {suffix}, {town}", 
        f"{number} {street} Road, Apt {rng.randrange(1, 40)}",
        f"{number} {street.lower()} road", f"PO Box {number}", f"{number % 300 + 1} N {rng.randrange(4, 100)}th Street",
    ))  # fmt: skip


def _birth(rng: random.Random) -> str:
    year, month, day = rng.randrange(1940, 2016), rng.randrange(1, 13), rng.randrange(1, 29)
    word = _MONTHS[month - 1]
    return rng.choice((
        f"{month:02d}/{day:02d}/{year}", f"{year}-{month:02d}-{day:02d}", f"{day} {word} {year}",
        f"{word} {day}, {year}",
        f"{day}.{month}.{year}", f"{word} {day}", f"{month}/{day}/{year % 100:02d}",
    ))  # fmt: skip


def _ip(rng: random.Random) -> str:
    if rng.random() < 0.3:
        groups = [f"{rng.randrange(1, 65536):x}" for _ in range(rng.choice((4, 8)))]
        return ":".join(groups) if len(groups) == 8 else f"2001:db8::{':'.join(groups)}"
    return ".".join(str(rng.randrange(low, high)) for low, high in ((11, 223), (0, 256), (0, 256), (1, 255)))


def _url(rng: random.Random) -> str:
    word = rng.choice(("quietroom", "my-diary", "lena-writes", "lostboy99"))
    return rng.choice((
        f"https://{word}.example.com/post/{rng.randrange(10, 999)}", f"http://www.{word}.org", f"www.{word}.net/about",
        f"{word}.com", f"{word}.blogspot.com", f"facebook.com/{word}",
        f"https://example.org/~{word}?id={rng.randrange(99)}",
    ))  # fmt: skip
