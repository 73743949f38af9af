"""An invented shop whose truth is known: who really stands behind each id and each guest's order.

People have namesakes, and families that share an address, a surname, often a telephone, at times a mailbox. They buy
under several accounts and as guests, leave fields empty, write them in several ways, mistype them, change their
e-mail, their number and their surname, and move house.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

HEADER = ("customer", "order", "product", "at", "quantity", "paid", "email", "phone", "name", "address")
COUNTRY = "GB"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN = _words(
    "Oliver George Harry Jack Jacob Noah Charlie Thomas Oscar William James Leo Alfie Henry Joshua Freddie Archie Ethan"
    " Isaac Alexander Joseph Edward Samuel Max Logan Lucas Daniel Theo Arthur Mohammed Harrison Benjamin Mason Finley"
    " Sebastian Adam Dylan Zachary Riley Teddy David John Peter Paul Mark Stephen Andrew Robert Richard Michael Amelia"
    " Olivia Isla Emily Poppy Ava Isabella Jessica Lily Sophie Grace Sophia Mia Evie Ruby Ella Scarlett Isabelle"
    " Chloe Sienna Freya Phoebe Charlotte Daisy Alice Florence Eva Millie Rosie Evelyn Elizabeth Ivy Imogen Maisie"
    " Sarah Laura Emma Claire Karen Susan Margaret Julie Helen Anna Maria Fatima Aisha Priya Wei Mei Jan Ewa Piotr"
)
_FAMILY = _words(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green"
    " Hall Wood Jackson Clarke Patel Khan Lewis Thomas Harris Clark Cooper Turner Martin Morris Ward Hughes Watson"
    " Edwards Hill Moore Baker Harrison King Morgan Allen Scott Phillips James Lee Young Carter Mitchell Parker"
    " Anderson Bennett Cook Shaw Bell Campbell Collins Kelly Murphy Miller Cox Richardson Marshall Simpson Ali Singh"
    " Begum Hussain Ahmed Kaur Gray Adams Webb Chapman Rogers Mills Palmer Knight Lloyd Butler Barker Russell Dixon"
    " Stevens Fisher Hunt Graham Murray Powell Ellis Fox Holmes Mason Price Matthews Foster Gibson Rose Chambers Stone"
    " Kowalski Nowak Novak Schmidt Rossi Garcia Silva Nguyen Chen Wang Okafor Mensah OBrien Byrne Ryan Walsh Doyle"
)
_STREETS = _words(
    "High Station Main Park Church London Victoria Green Manor Kings Queens Grange New Mill West North South East"
    " Windsor Alexander York Springfield George Stanley Chester Albert Broad Bridge Castle Cross Garden Hill Market"
)
_KINDS = ("Street", "Road", "Avenue", "Lane", "Close", "Drive", "Court", "Way")
_TOWNS = ("LS", "M", "B", "BS", "S", "NE", "L", "NG", "CF", "EH", "G", "SW", "SE", "N", "E", "W")
_PROVIDERS = ("gmail.com", "gmail.com", "gmail.com", "hotmail.co.uk", "yahoo.co.uk", "outlook.com", "icloud.com")


@dataclass(frozen=True)
class Person:
    """Who is behind ids: what they write of themselves, the newest last."""

    number: int
    given: str
    families: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """What somebody typed into the form of an order or an account."""

    email: str
    phone: str
    name: str
    address: str


@dataclass
class PeopledShop:
    """Rows of a file of orders, and for each order who made it; `units`: what the ids of orders tell already."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    person: dict[str, int] = field(default_factory=dict)
    unit: dict[str, str] = field(default_factory=dict)


def invent(people: int, seed: int) -> PeopledShop:
    """A shop of so many people; the same seed, the same shop."""
    dice = random.Random(seed)
    shop = PeopledShop()
    accounts = iter(dice.sample(range(10 * people), 5 * people))
    for person in _people(people, dice):
        for _ in range(dice.choices((1, 2, 3), (70, 25, 5))[0]):
            entry = _typed(person, dice)
            account = str(next(accounts))
            for _ in range(dice.choices((1, 2, 3), (60, 25, 15))[0]):
                _order(shop, person, account, entry, dice)
        for _ in range(dice.choices((0, 1, 2, 3), (55, 25, 13, 7))[0]):
            _order(shop, person, "", _reachable(_typed(person, dice), person, dice), dice)
    dice.shuffle(shop.rows)
    return shop


def _people(number: int, dice: random.Random) -> list[Person]:
    found: list[Person] = []
    mailboxes = _Mailboxes(dice)
    while len(found) < number:
        size = dice.choices((1, 2, 3, 4), (55, 25, 10, 10))[0]
        found += _household(len(found), size, mailboxes, dice)
    return found[:number]


class _Mailboxes:
    """Addresses that are nobody else's."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._taken: set[str] = set()

    def open(self, given: str, family: str) -> str:
        """A new one for somebody of that name."""
        while True:
            address = _email(given, family, self._dice)
            if (mailbox := address.replace(".", "")) not in self._taken:
                self._taken.add(mailbox)
                return address


def _household(first: int, size: int, mailboxes: _Mailboxes, dice: random.Random) -> list[Person]:
    address, family = _address(dice), _often(_FAMILY, dice)
    moved = (address, _address(dice)) if dice.random() < 0.12 else (address,)
    landline = _phone(dice) if dice.random() < 0.35 else None
    mailbox = mailboxes.open(_often(_GIVEN, dice), family) if size > 1 and dice.random() < 0.06 else None
    members: list[Person] = []
    for index in range(size):
        own = family if dice.random() < 0.85 else _often(_FAMILY, dice)
        given = next(name for name in iter(lambda: _often(_GIVEN, dice), "") if name not in {m.given for m in members})
        if members and dice.random() < 0.005:  # a son called like his father
            given, own = members[0].given, members[0].families[0]
        families = [own, _often(_FAMILY, dice)] if dice.random() < 0.02 else [own]
        phones = [landline if landline and dice.random() < 0.4 else _phone(dice)]
        phones += [_phone(dice)] if dice.random() < 0.12 else []
        emails = [mailbox if mailbox and dice.random() < 0.6 else mailboxes.open(given, own)]
        emails += [mailboxes.open(given, own)] if dice.random() < 0.2 else []
        members.append(Person(first + index, given, tuple(families), tuple(emails), tuple(phones), moved))
    return members


def _typed(person: Person, dice: random.Random) -> Entry:
    """What the person types this time: some of it empty, some written otherwise, some mistyped."""
    given, family = person.given, dice.choice(person.families)
    name = dice.choices(
        (f"{given} {family}", f"{given[0]} {family}", f"{family}, {given}", f"{given} {family}".upper(), given),
        (80, 5, 4, 9, 2),
    )[0]
    email = _mistyped(_respelled(dice.choice(person.emails), dice), 0.03, dice) if dice.random() < 0.93 else ""
    phone = _renumbered(_mistyped(dice.choice(person.phones), 0.03, dice, string.digits), dice)
    address = _readdressed(_mistyped(dice.choice(person.addresses), 0.08, dice), dice)
    return Entry(
        email,
        phone if dice.random() < 0.75 else "",
        _mistyped(name, 0.05, dice),
        address if dice.random() < 0.9 else "",
    )


def _reachable(entry: Entry, person: Person, dice: random.Random) -> Entry:
    """A guest leaves an e-mail or a telephone number: the parcel has to find them."""
    return entry if entry.email or entry.phone else replace(entry, email=dice.choice(person.emails))


def _order(shop: PeopledShop, person: Person, account: str, entry: Entry, dice: random.Random) -> None:
    order = f"o{len(shop.rows):06d}"
    day = f"2024-{dice.randint(1, 6):02d}-{dice.randint(1, 28):02d}"
    at = f"{day} {dice.randint(8, 21):02d}:{dice.randint(0, 59):02d}:00"
    paid = f"{dice.randint(3, 90)}.00"
    shop.rows.append(
        (account, order, f"p{dice.randint(1, 40)}", at, "1", paid, entry.email, entry.phone, entry.name, entry.address)
    )
    shop.person[order] = person.number
    shop.unit[order] = account or order


def _often(names: Sequence[str], dice: random.Random) -> str:
    """A name, those at the beginning of the list more often than those at its end."""
    if dice.random() < 0.4:
        return names[min(int(dice.paretovariate(0.9) * 2.5) - 2, len(names) - 1)]
    return dice.choice(names)


def _email(given: str, family: str, dice: random.Random) -> str:
    g, f = given.lower(), family.lower()
    number = dice.choice(("", "", str(dice.randint(1, 99)), str(dice.randint(1950, 2005))))
    local = dice.choice((f"{g}.{f}", f"{g}{f}", f"{g[0]}{f}", f"{g}_{f}", f"{f}.{g}", f"{g}{dice.randint(100, 9999)}"))
    return f"{local}{number}@{dice.choice(_PROVIDERS)}"


def _phone(dice: random.Random) -> str:
    return f"07{dice.randint(100_000_000, 999_999_999)}"


def _address(dice: random.Random) -> str:
    street = f"{dice.randint(1, 180)} {dice.choice(_STREETS)} {dice.choice(_KINDS)}"
    letters = "".join(dice.choices(string.ascii_uppercase, k=2))
    return f"{street}, {dice.choice(_TOWNS)}{dice.randint(1, 28)} {dice.randint(1, 9)}{letters}"


def _mistyped(text: str, share: float, dice: random.Random, letters: str = string.ascii_lowercase) -> str:
    """The text, or with this chance one with a letter left out, added, changed or exchanged with its neighbour."""
    if dice.random() >= share or len(text) < 4:
        return text
    at = dice.randrange(1, len(text) - 1)
    letter = dice.choice(letters)
    return dice.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


def _respelled(email: str, dice: random.Random) -> str:
    local, domain = email.split("@")
    if domain == "gmail.com" and dice.random() < 0.08:
        local = dice.choice((f"{local}+shop", local.replace(".", "") or local, local.upper()))
    return f"{local}@{domain.title() if dice.random() < 0.05 else domain}"


def _renumbered(phone: str, dice: random.Random) -> str:
    if not phone.startswith("0") or len(phone) < 8:
        return phone
    written = (phone, f"{phone[:5]} {phone[5:]}", f"+44{phone[1:]}", f"0044 {phone[1:]}", f"+44 (0){phone[1:]}")
    return dice.choices(written, (60, 20, 12, 5, 3))[0]


def _readdressed(address: str, dice: random.Random) -> str:
    short = address.replace("Street", "St").replace("Road", "Rd").replace("Avenue", "Ave").replace("Lane", "Ln")
    return dice.choices((address, short, address.replace(",", ""), address.rpartition(",")[0]), (60, 20, 15, 5))[0]
