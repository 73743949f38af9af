"""`statuses`: the words of a column say whether a line stands, was cancelled, or was given back."""

from __future__ import annotations

from typing import ClassVar, Literal

import duckdb
from pydantic import model_validator

from core.expressions import literal, quote
from pipelines.sources.form_parts import Listed
from pipelines.sources.operations.operation import Operation, Types, known_column, place, refuse_taken, said
from pipelines.sources.operations.relations import remade, taken_out
from pipelines.sources.operations.rewriting import computed
from pipelines.sources.source import Fault, Staged, TableSource

SIGN = "status_sign"
"""The column that is -1 where a line was given back, else 1."""
_MARK = "fault_statuses_"
_AMOUNTS = ("quantity", "revenue")
_LISTED = 12


class Statuses(Operation):
    """Cancelled lines are taken out; lines given back count with a quantity and a revenue below zero.

    A word that stands in none of the lists is named in the report with its number of lines: it is kept, or a bad
    row. Case and blanks around a word do not matter. A line without a word is kept.
    """

    key: ClassVar[str] = "statuses"
    column: str
    keep: Listed = ()
    cancel: Listed = ()
    refund: Listed = ()
    others: Literal["keep", "set_aside"] = "keep"

    @model_validator(mode="after")
    def _one_meaning(self) -> Statuses:
        listed = [word.strip().casefold() for word in (*self.keep, *self.cancel, *self.refund)]
        if twice := [word for word in listed if listed.count(word) > 1]:
            raise ValueError(f"the word {twice[0]!r} stands twice")
        if not listed:
            raise ValueError("no word is named; say which words keep, cancel or refund a line")
        return self

    def columns_after(self, source: TableSource, types: Types, where: str) -> Types:
        """The source's columns, and the sign where lines can be given back."""
        known_column(self.column, types, where)
        if not self.refund:
            return types
        refuse_taken([SIGN], types, where, "rename it in the source")
        return {**types, SIGN: "INTEGER"}

    def mapped_after(self, source: TableSource, types: Types) -> TableSource:
        """Quantity and revenue below zero where the line was given back, whatever sign the source gives them."""
        if not self.refund:
            return source
        return computed(source, types, _AMOUNTS, lambda value: f"least({value} * 1, {value} * {SIGN})")

    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """The lines that stand or were given back."""
        where = place(source, self.key)
        column = known_column(self.column, staged.types, where)
        word = _plain(said(source, staged, column))
        cancelled = _among(word, self.cancel)
        known = (*self.keep, *self.cancel, *self.refund)
        unknown = f"({word} IS NOT NULL AND NOT {_among(word, known)})"
        gone = taken_out(connection, staged, self.key, cancelled, f"cancelled: {column} is {_or(self.cancel)}")
        columns = ["*"]
        if self.refund:
            columns.append(f"CASE WHEN {_among(word, self.refund)} THEN -1 ELSE 1 END AS {SIGN}")
        if self.others == "set_aside":
            columns.append(f"{unknown} AS {_MARK}")
        query = f"SELECT {', '.join(columns)} FROM {quote(staged.relation)} WHERE NOT {cancelled}"
        reason = f"{column} is a word that statuses does not list"
        return remade(
            connection,
            staged,
            self.key,
            query,
            types=self.columns_after(source, staged.types, where),
            faults=[Fault(_MARK, reason, column)] if self.others == "set_aside" else (),
            left_out=[gone] if gone else (),
            notes=self._notes(connection, source, staged, column, unknown),
        )

    def _notes(
        self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged, column: str, unknown: str
    ) -> list[str]:
        """The unknown words with their numbers, and how many lines were given back."""
        word = said(source, staged, column)
        [(given_back,)] = connection.execute(
            f"SELECT count(*) FROM {quote(staged.relation)} WHERE {_among(_plain(word), self.refund)}"
        ).fetchall()
        notes = []
        if given_back:
            notes.append(f"{source.table}: {given_back:,} lines were given back: {column} is {_or(self.refund)}")
        found = connection.execute(
            f"SELECT {word} AS word, count(*) AS n FROM {quote(staged.relation)} WHERE {unknown}"
            " GROUP BY word ORDER BY n DESC, word"
        ).fetchall()
        if found:
            shown = ", ".join(f"{word!r} {count:,}" for word, count in found[:_LISTED])
            more = f" and {len(found) - _LISTED:,} more words" if len(found) > _LISTED else ""
            fate = "kept" if self.others == "keep" else "bad rows"
            notes.append(
                f"{source.table}: {column} has words that statuses does not list, {fate}: {shown}{more};"
                " name each under keep, cancel or refund"
            )
        return notes


def _plain(word: str) -> str:
    return f"lower(trim({word}))"


def _among(word: str, words: Listed) -> str:
    listed = ", ".join(f"lower({literal(each.strip())})" for each in words)
    return f"coalesce({word} IN ({listed}), false)" if listed else "false"


def _or(words: Listed) -> str:
    return " or ".join(words)
