"""Which lines of a file a word says were given back, though their amounts stand above zero.

A line of the kind «refund» is one of its own beside what was sold; a status «refunded» is the sale's: it came to
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.sources.evidence import ColumnWords, Evidence
from pipelines.sources.header_names import words
from pipelines.sources.profile import ColumnProfile

_KINDS = ("type", "line type", "document type", "transaction type", "event type", "order type", "operation", "movement",
          "sale or return", "record type", "kind", "belegart", "vorgang", "vorgangsart", "type de document", "tipo",
          "tipo documento", "typ", "类型")  # fmt: skip
_FLAGS = ("is return", "return", "returned", "is refund", "refund", "refunded", "is returned", "retoure", "retour")
_BACK = ("refund", "return", "credit note", "credit memo", "gutschrift", "retour", "ruckgabe", "rückgabe", "avoir",
         "devol", "abono", "nota di credito", "reso", "zwrot", "reembols", "rembours", "退货")  # fmt: skip
_TOLD = ("returned qty", "returned quantity", "qty returned", "quantity returned", "refunded qty", "refunded quantity",
         "refunded", "refunded amount", "refund amount", "amount refunded", "refund", "retourmenge", "erstattet",
         "erstatteter betrag", "montant rembourse", "importe reembolsado")  # fmt: skip
_YES = ("yes", "true", "y", "1", "ja", "oui", "si", "sí", "x", "t")
_FEW = 12


def given_back(columns: Sequence[ColumnProfile], evidence: Evidence) -> ColumnWords | None:
    """The first column of which some words, and not all, say that a line was given back."""
    for column in columns:
        values = evidence.values(column) if 1 < column.distinct <= _FEW else []
        name = words(column.name)
        if name in _FLAGS:
            found = tuple(value for value in values if value.strip().casefold() in _YES)
        elif name in _KINDS:
            found = tuple(value for value in values if any(part in value.casefold() for part in _BACK))
        else:
            continue
        if found and len(found) < len(values):
            return ColumnWords(column, found)
    return None


def told_beside(columns: Sequence[ColumnProfile], evidence: Evidence) -> list[str]:
    """The numeric columns that say how much of a line was given back, where some of it was."""
    named = [column for column in columns if column.number and words(column.name) in _TOLD]
    return [column.name for column in named if evidence.largest(column)]
