"""Names as codes: the ids and names that rows repeat, as types of the embedded engine that list their values.

A row then holds a code of one to four bytes in place of the text, and grouping and joining compare codes: tables of
order lines take half the room, and families half the time. The codes are in the order of the texts, so that a highest,
a lowest and an order are those of the texts. An expression sees texts: where a code meets another text, the engine
compares what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

CODED: Final[Mapping[str, Sequence[str]]] = {
    "orders": ("customer_id", "product_id", "store_id", "channel", "region"),
    "products": ("product_id", "category", "department", "brand"),
}
"""The tables of which aggregates are made, and what becomes codes in them."""


def coded(table: str) -> str:
    """The name of the view of a table with codes."""
    return f"coded {table}"


def statements(queries: Mapping[str, str]) -> Iterator[str]:
    """What makes the types, and the views of the tables (by their queries) that hold codes."""
    listed = {}
    for column in sorted({column for columns in CODED.values() for column in columns}):
        has = [queries[table] for table, columns in CODED.items() if column in columns]
        values = " UNION ".join(f'SELECT "{column}" AS value FROM ({query})' for query in has)
        listed[column] = f"SELECT DISTINCT value FROM ({values}) WHERE value IS NOT NULL ORDER BY value"
    yield from statements_of(queries, listed)


def statements_of(queries: Mapping[str, str], listed: Mapping[str, str]) -> Iterator[str]:
    """The same, of the columns whose names queries list, in order."""
    for column, names in listed.items():
        yield f"CREATE OR REPLACE TEMP TYPE {type_of(column)} AS ENUM ({names})"
    for table, columns in CODED.items():
        cast = (column for column in columns if column in listed)
        codes = ", ".join(f'CAST("{column}" AS {type_of(column)}) AS "{column}"' for column in cast)
        yield f'CREATE OR REPLACE TEMP VIEW "{coded(table)}" AS SELECT * REPLACE ({codes}) FROM ({queries[table]})'


def type_of(column: str) -> str:
    """The engine's type of a column's codes."""
    return f'"codes of {column}"'


def as_texts(query: str, columns: Iterable[str], lists: Iterable[str] = ()) -> str:
    """The query with its texts, and lists of texts, as such, whatever of them are codes within it."""
    if not (columns := list(columns)) + (lists := list(lists)):
        return query
    told = [f'CAST("{column}" AS VARCHAR) AS "{column}"' for column in columns]
    told += [f'CAST("{column}" AS VARCHAR[]) AS "{column}"' for column in lists]
    return f"SELECT * REPLACE ({', '.join(told)}) FROM ({query})"
