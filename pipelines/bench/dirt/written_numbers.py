"""Amounts and pieces as the world writes them."""

from __future__ import annotations

from random import Random

from pipelines.bench.dirt.dirt_kinds import DirtKind, kind
from pipelines.bench.dirty_export import DirtyExport
from pipelines.bench.written_amounts import AmountStyle, amount_in, written_as

_SIGNS = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "JPY": "¥",
    "CNY": "¥",
    "KRW": "₩",
    "PLN": "zł",
    "TWD": "NT$",
    "AUD": "A$",
    "PHP": "₱",
    "IDR": "Rp",
    "VND": "₫",
    "MYR": "RM",
}


def _below_zero(export: DirtyExport) -> bool:
    return any(text.startswith("-") for row in export.rows for text in (row[n] for n in export.of(_money(export))))


def _money(export: DirtyExport) -> list[str]:
    return export.of(export.source.amounts)


def _has_money(export: DirtyExport) -> bool:
    return bool(_money(export))


def _numbers(export: DirtyExport) -> list[str]:
    return [*_money(export), *export.of(export.source.counts)]


def _signed(export: DirtyExport) -> bool:
    """Amounts that had a sign of their currency keep one."""
    return any((amount := amount_in(row[name])) and amount.sign for row in export.rows[:5] for name in _money(export))


def _style(name: str, style: AmountStyle, *, counts: bool = False, may_stop: bool = False) -> DirtKind:
    def spoil(export: DirtyExport, _chance: Random) -> None:
        kept = (
            AmountStyle(**{**vars(style), "before": _SIGNS[export.source.shop.currency]}) if _signed(export) else style
        )
        export.rewrite(_numbers(export) if counts else _money(export), lambda text: written_as(text, kept))

    spoil.__name__ = name
    return kind("numbers", _has_money, may_stop=may_stop)(spoil)


def _beside(name: str, style: AmountStyle, before: str = "", behind: str = "") -> DirtKind:
    """With the currency's sign or code."""

    def spoil(export: DirtyExport, _chance: Random) -> None:
        code = export.source.shop.currency
        words = {"sign": _SIGNS[code], "code": code}
        told = AmountStyle(**{**vars(style), "before": before.format(**words), "behind": behind.format(**words)})
        export.rewrite(_money(export), lambda text: written_as(text, told))

    spoil.__name__ = name
    return kind("numbers", _has_money)(spoil)


@kind("numbers", _below_zero)
def brackets_below_zero(export: DirtyExport, _chance: Random) -> None:
    """(12.00) for -12.00."""
    export.rewrite(_money(export), lambda text: f"({text.replace('-', '')})" if text.startswith("-") else text)


@kind("numbers", _below_zero)
def minus_behind(export: DirtyExport, _chance: Random) -> None:
    """12.00- for -12.00."""
    export.rewrite(_money(export), lambda text: f"{text[1:]}-" if text.startswith("-") else text)


@kind("numbers", _below_zero)
def typographic_minus(export: DirtyExport, _chance: Random) -> None:
    """A longer line for the minus."""
    export.rewrite(_money(export), lambda text: text.replace("-", "\u2212"))


KINDS = (
    _style("decimal_comma", AmountStyle(decimal=","), counts=True),
    _style("decimal_comma_and_points", AmountStyle(decimal=",", thousands="."), counts=True),
    _style("thousands_with_comma", AmountStyle(thousands=",")),
    _style("thousands_with_blank", AmountStyle(decimal=",", thousands="\u00a0"), counts=True),
    _style("thousands_with_apostrophe", AmountStyle(thousands="'")),
    _style("zeros_trimmed", AmountStyle(trimmed=True), counts=True),
    _style("zeros_trimmed_comma", AmountStyle(decimal=",", trimmed=True), counts=True),
    _style("eastern_digits", AmountStyle(digits="٠١٢٣٤٥٦٧٨٩"), counts=True),
    _beside("sign_before", AmountStyle(thousands=","), before="{sign}"),
    _beside("sign_behind", AmountStyle(decimal=",", thousands="."), behind=" {sign}"),
    _beside("code_before", AmountStyle(), before="{code} "),
    brackets_below_zero,
    minus_behind,
    typographic_minus,
)
