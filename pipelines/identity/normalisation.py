"""Keys in one spelling, so that what is the same is equal. Every function is idempotent; None: it says nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from pipelines.sources.identity_form import IdentityForm, MailRules

_DOTLESS = frozenset({"gmail.com"})
_TAGGED: Mapping[str, str] = {
    **dict.fromkeys(("gmail.com", "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com"), "+"),
    **dict.fromkeys(("fastmail.com", "proton.me", "protonmail.com", "pm.me", "zoho.com"), "+"),
    **dict.fromkeys(("yahoo.com", "ymail.com"), "-"),
}
"""What begins a tag in the addresses of providers that deliver tagged mail to the mailbox without it."""
_SAME_PROVIDER = {"googlemail.com": "gmail.com"}
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "m", "mme", "mlle", "sr", "sra", "sig"])
_EXTENSION = re.compile(r"(?i)ext|[x#;]")
_MANY_SAME = re.compile(r"0+|1+|9+|0*1234567890?|x+|n[/ ]?a|none|unknown|guest|test")
"""What is typed into a field that nobody wants to fill."""


def normaliser(kind: str, form: IdentityForm) -> Callable[[str], str | None]:
    """The function that brings keys of a kind into one spelling."""
    if kind == "email":
        return lambda text: email(text, form.mail)
    if kind == "phone":
        return lambda text: phone(text, form.country)
    return {"card": code, "device": code, "name": name, "address": address}[kind]


def email(text: str, rules: MailRules) -> str | None:
    """Lower case; of providers that ignore them without dots and tags, where the rules say so."""
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    bare = re.sub(r"^(mailto:|[<\s])+|[>\s]+$", "", lower)
    if not _MAIL.fullmatch(bare):
        return None
    local, domain = bare.rsplit("@", 1)
    domain = _SAME_PROVIDER.get(domain, domain)
    if rules.tags and domain in _TAGGED:
        local = local.split(_TAGGED[domain])[0] or local
    if rules.dots and domain in _DOTLESS:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def phone(text: str, country: str | None) -> str | None:
    """E.164 where the number can be read (with `country` for numbers without a code), else its digits."""
    bare = _EXTENSION.split(unicodedata.normalize("NFKC", text).strip())[0]
    digits = "".join(str(unicodedata.digit(letter)) for letter in bare if letter.isdecimal())
    if len(digits) < 6 or _MANY_SAME.fullmatch(digits):
        return None
    if bare.startswith("+"):
        return _e164(f"+{digits}", None) or phone(digits, country)
    if digits.startswith("00"):
        return phone(f"+{digits[2:]}", country)
    return _e164(digits, country) or digits


def _e164(text: str, country: str | None) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def code(text: str) -> str | None:
    """Upper case, without blanks and signs: a card, a device."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKC", text).upper() if letter.isalnum())
    return None if len(bare) < 4 or _MANY_SAME.fullmatch(bare.lower()) else bare


def name(text: str) -> str | None:
    """Given names first, lower case, without accents, titles and signs: «Müller, Dr. Anna» is `anna muller`."""
    family, comma, given = text.partition(",")
    words = _words(f"{given} {family}" if comma else text)
    kept = [word for word in words if word not in _TITLES] or words
    return " ".join(kept) if sum(map(len, kept)) > 1 and not _MANY_SAME.fullmatch(" ".join(kept)) else None


def address(text: str) -> str | None:
    """Lower case words and numbers, without accents and signs, long words for street cut to one short form."""
    words = [_SHORT.get(word, word) for word in _words(text)]
    joined = re.sub(r"(?<=[a-z]{3})(strasse|straat)\b", "str", " ".join(words))
    return joined if len(joined) > 4 and not _MANY_SAME.fullmatch(joined) else None


_SHORT = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "lane": "ln",
    "drive": "dr",
    "court": "ct",
    "square": "sq",
    "place": "pl",
    "apartment": "apt",
    "flat": "apt",
    "strasse": "str",
}


def _words(text: str) -> list[str]:
    """Its words without accents; letters that are no accented ones stay, in whatever script."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.findall(r"[^\W_]+", re.sub("['\u2019]", "", plain))
