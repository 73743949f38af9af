"""How the world writes an amount: separators, signs of currencies, what stands for below zero."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_AMOUNT = re.compile(r"(?P<minus>-?)(?P<sign>[$£€¥]?)(?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)")


@dataclass(frozen=True)
class Amount:
    """An amount and how many digits its platform writes behind the point."""

    value: Decimal
    sign: str
    places: int


@dataclass(frozen=True)
class AmountStyle:
    """`before` and `behind`: what stands around it; `below_zero` is a pattern; `places`: None for as they were."""

    decimal: str = "."
    thousands: str = ""
    before: str = ""
    behind: str = ""
    below_zero: str = "-{}"
    digits: str = "0123456789"
    trimmed: bool = False


def amount_in(text: str) -> Amount | None:
    """The amount that a platform wrote, None where it wrote something else."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    digits = match["digits"].replace(",", "")
    value = Decimal(digits)
    return Amount(-value if match["minus"] else value, match["sign"], len(digits.partition(".")[2]))


def written_as(text: str, style: AmountStyle) -> str:
    """The same amount in another style; what is no amount stays."""
    amount = amount_in(text)
    if amount is None:
        return text
    number = f"{abs(amount.value):,.{amount.places}f}"
    if style.trimmed:
        number = f"{abs(amount.value).normalize():,f}"
    number = number.replace(",", "\0").replace(".", style.decimal).replace("\0", style.thousands)
    number = number.translate({ord(str(digit)): style.digits[digit] for digit in range(10)})
    number = f"{style.before}{number}{style.behind}"
    return style.below_zero.format(number) if amount.value < 0 else number
