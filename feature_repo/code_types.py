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
    for column in sorted({column for columns in CODED.values() for column in columns}):
        has = [queries[table] for table, columns in CODED.items() if column in columns]
        values = " UNION ".join(f'SELECT "{column}" AS value FROM ({query})' for query in has)
        listed = f"SELECT DISTINCT value FROM ({values}) WHERE value IS NOT NULL ORDER BY value"
        yield f"CREATE OR REPLACE TEMP TYPE {_type(column)} AS ENUM ({listed})"
    for table, columns in CODED.items():
        codes = ", ".join(f'CAST("{column}" AS {_type(column)}) AS "{column}"' for column in columns)
        yield f'CREATE OR REPLACE TEMP VIEW "{coded(table)}" AS SELECT * REPLACE ({codes}) FROM ({queries[table]})'


def _type(column: str) -> str:
    return f'"codes of {column}"'


def as_texts(query: str, columns: Iterable[str], lists: Iterable[str] = ()) -> str:
    """The query with its texts, and lists of texts, as such, whatever of them are codes within it."""
    told = [f'CAST("{column}" AS VARCHAR) AS "{column}"' for column in columns]
    told += [f'CAST("{column}" AS VARCHAR[]) AS "{column}"' for column in lists]
    return f"SELECT * REPLACE ({', '.join(told)}) FROM ({query})"
