"""How many decimals the amounts of a currency have (ISO 4217)."""

from __future__ import annotations

from core.expressions import literal

USUAL = 2
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}


def digits(currency: str) -> str:
    """SQL of the decimals of a currency given by its code."""
    cases = [
        f"WHEN {currency} IN ({', '.join(map(literal, codes.split()))}) THEN {count}"
        for count, codes in _OTHERS.items()
    ]
    return f"CASE {' '.join(cases)} ELSE {USUAL} END"


def known(currency: str) -> int:
    """The decimals of a currency given by its code."""
    return next((count for count, codes in _OTHERS.items() if currency in codes.split()), USUAL)
