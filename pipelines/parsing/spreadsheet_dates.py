"""SQL of dates as a spreadsheet writes them where a quantity or an id stood: 3-10 becomes 3-Oct."""

from __future__ import annotations

from core.expressions import literal

_MONTHS = (
    "jan|feb|fév|mar|mär|mrz|mars|apr|avr|abr|may|mai|mag|maj|jun|juin|giu|jul|juil|lug|aug|aoû|août|ago|sep|sept|set|oct"
    "|okt|out|ott|nov|dec|dez|déc|dic|ene|gen"
)
_CAPITAL = "Jan|Feb|Mar|Mär|Mrz|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez"
"""Months before their year are written so; SET-20 is a set."""
_DATES = (
    f"[0-9]{{1,2}}[-. ]{{1,2}}(?i:{_MONTHS})[.]?(?:[-. ]{{1,2}}[0-9]{{2,4}})?",
    f"(?:{_CAPITAL})[-. ]{{1,2}}[0-9]{{2,4}}",
    "[0-9]{4}-[0-9]{2}-[0-9]{2}(?: 00:00:00)?",
    "[0-9]{1,2}[./][0-9]{1,2}[./](?:19|20)[0-9]{2}",
)


def is_spreadsheet_date(text: str) -> str:
    """SQL condition: a bare text is such a date."""
    return f"regexp_full_match({text}, {literal('|'.join(_DATES))})"
