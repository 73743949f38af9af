"""The guard before SQL that a shop owner wrote: one scalar expression over known columns, nothing else.

Used for the columns and the `where` of mapping.yaml and for `products.exclude`. What is not on the lists
below is refused, so a new function of the engine cannot read a file through here; what runs afterwards is
the SQL regenerated from the checked tree, never the text that came in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from core.errors import MappingError, nearest

_ALLOWED = """
    abs ceil ceiling floor round trunc sign sqrt cbrt power pow exp ln log log2 log10 mod greatest least
    isnan isfinite isinf even factorial gcd lcm
    lower upper lcase ucase trim ltrim rtrim left right substring substr replace translate lpad rpad length len
    strlen reverse concat concat_ws split_part contains starts_with ends_with prefix suffix position
    instr strpos ascii chr initcap strip_accents regexp_matches regexp_full_match regexp_replace regexp_extract
    md5 sha1 sha256 hash format printf to_hex hex
    coalesce nullif ifnull if iff nvl cast try_cast try
    date time timestamp year quarter month week day hour minute second dayofweek isodow dayofyear weekofyear
    date_part datepart date_trunc datetrunc date_diff datediff date_add date_sub extract epoch epoch_ms
    last_day make_date make_timestamp strptime try_strptime strftime to_timestamp timezone
    to_days to_hours to_minutes to_seconds to_weeks to_months to_years
"""
FUNCTIONS = frozenset(_ALLOWED.split())
"""Pure scalar functions: no file, no network, no setting, no clock, no randomness, no aggregate."""

_OPERATORS = "and or not in is like ilike between case when then else end escape xor decimal numeric varchar interval"
_WORDS_BEFORE_BRACKET = frozenset(_OPERATORS.split())
_STRUCTURE: tuple[type[exp.Expression], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Neg, exp.Not, exp.And,
    exp.Or, exp.Xor, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Is, exp.Like, exp.ILike, exp.Escape, exp.In, exp.Between, exp.Case, exp.If, exp.Cast, exp.TryCast,
    exp.DataType, exp.DataTypeParam, exp.Interval, exp.Var, exp.AtTimeZone, exp.DPipe, exp.Add, exp.Sub,
    exp.Mul, exp.Div, exp.IntDiv, exp.Mod,
)  # fmt: skip
_ARITHMETIC = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Abs, exp.Round, exp.Pow, exp.Ceil,
    exp.Floor, exp.Sqrt,
)  # fmt: skip
_COMPARISON = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)


@dataclass(frozen=True)
class Scalar:
    """A checked expression: its SQL (DuckDB dialect, columns quoted) and the columns it reads.

    `numeric` are those text columns that it computes with, and that its SQL therefore reads as numbers
    (null where the text is none).
    """

    sql: str
    columns: tuple[str, ...]
    numeric: tuple[str, ...] = ()


def parse_scalar(sql: str, columns: Collection[str], *, where: str | None = None) -> str:
    """The checked expression as SQL that is safe to run, its columns quoted.

    Args:
        sql: one scalar expression, or just the name of a column.
        columns: the columns it may read; case does not matter.
        where: what to name in an error, e.g. `mapping.yaml, orders.revenue`.

    Raises:
        MappingError: it is not one scalar expression over these columns.
    """
    return analyse(sql, columns, where=where).sql


def analyse(
    sql: str,
    columns: Collection[str],
    *,
    text_columns: Collection[str] = (),
    number: str = "TRY_CAST({} AS DOUBLE)",
    where: str | None = None,
) -> Scalar:
    """As `parse_scalar`, and say which columns it reads.

    `text_columns` hold text whatever they mean (a CSV's): those it computes with are read as numbers, by
    the SQL `number` with the column in place of `{}`.

    Raises:
        MappingError: it is not one scalar expression over these columns.
    """
    known = {name.lower(): name for name in columns}
    if sql.strip().lower() in known:
        name = known[sql.strip().lower()]
        return Scalar(quote(name), (name,))
    tree = _parse(sql, columns, where)
    _check_calls(sql, where)
    used = [_check_node(node, sql, known, where) for node in tree.walk()]
    numeric = _read_as_numbers(tree, frozenset(text_columns), _unused([sql, *columns]))
    text = tree.sql(dialect="duckdb", comments=False)
    for name, stands_for in numeric.items():
        text = text.replace(quote(stands_for), f"({number.format(quote(name))})")
    return Scalar(text, tuple(dict.fromkeys(name for name in used if name)), tuple(numeric))


def quote(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _refuse(sql: str, why: str, where: str | None, todo: str | None = None) -> MappingError:
    return MappingError(f"refused the expression {sql!r}", where=where, why=why, todo=todo)


def _parse(sql: str, columns: Iterable[str], where: str | None) -> exp.Expression:
    try:
        trees = sqlglot.parse(sql, read="duckdb")
    except (SqlglotError, RecursionError) as error:
        line = str(error).splitlines()[0].split(". Line")[0]
        raise _not_sql(sql, columns, where, line) from None
    if len(trees) != 1 or trees[0] is None:
        raise _refuse(sql, "one expression is wanted, not several statements or none", where)
    return trees[0]


def _not_sql(sql: str, columns: Iterable[str], where: str | None, detail: str) -> MappingError:
    why = f"it is neither a column nor an SQL expression: {detail}"
    spaced = [name for name in columns if " " in name and name.lower() in sql.lower()]
    if spaced:
        return _refuse(sql, why, where, f"write a name with a space in double quotes: {quote(spaced[0])}")
    return _refuse(sql, why, where, _columns(sql, columns))


def _check_calls(sql: str, where: str | None) -> None:
    """Every word before an opening bracket is an operator, a type or an allowed function."""
    tokens = list(sqlglot.tokenize(sql, read="duckdb"))
    for token, following in pairwise(tokens):
        if following.token_type == TokenType.L_PAREN and _is_word(token):
            name = token.text.lower()
            if name not in FUNCTIONS and name not in _WORDS_BEFORE_BRACKET:
                raise _refuse(
                    sql,
                    f"{token.text}() is not an allowed function; no query, file or table function may be used",
                    where,
                    _nearest_function(name),
                )


def _is_word(token: Token) -> bool:
    quoted = token.token_type in {TokenType.IDENTIFIER, TokenType.STRING}
    return quoted or token.text[:1].isalpha() or token.text[:1] == "_"


def _nearest_function(name: str) -> str | None:
    near = get_close_matches(name, FUNCTIONS, n=1, cutoff=0.75)
    return f"did you mean {near[0]}()?" if near else None


def _check_node(node: exp.Expression, sql: str, known: dict[str, str], where: str | None) -> str | None:
    """Refuse what is not on the lists; of a column, give it its right name and return that."""
    if isinstance(node, exp.Column):
        return _check_column(node, sql, known, where)
    if isinstance(node, exp.In) and (node.args.get("query") or node.args.get("unnest")):
        raise _refuse(sql, "a subquery may not be used", where)
    if isinstance(node, _STRUCTURE):
        return None
    if isinstance(node, exp.Subquery | exp.Query | exp.Exists):
        raise _refuse(sql, "a subquery may not be used", where)
    if isinstance(node, exp.Window | exp.AggFunc | exp.Filter):
        raise _refuse(sql, "it looks at several rows: aggregates and windows may not be used", where)
    if isinstance(node, exp.Anonymous):
        if str(node.this).lower() in FUNCTIONS:
            return None
    elif isinstance(node, exp.Func) and not type(node).__name__.startswith("Current"):
        return None  # its name stood before a bracket and was checked there
    if isinstance(node, exp.Alias):
        raise _not_sql(sql, known.values(), where, "two names in a row")
    raise _refuse(sql, f"{type(node).__name__} is not part of a scalar expression over columns", where)


def _check_column(node: exp.Column, sql: str, known: dict[str, str], where: str | None) -> str:
    if node.table:
        raise _refuse(sql, f"{node.sql()} names a table", where, "name columns alone, in double quotes if need be")
    name = known.get(node.name.lower())
    if name is None:
        todo = _columns(node.name, known.values())
        why = f"there is no column {node.name!r}" + (
            "; text goes in single quotes" if node.this.args.get("quoted") else ""
        )
        raise _refuse(sql, why, where, todo)
    node.set("this", exp.to_identifier(name, quoted=True))
    return name


def _unused(texts: Iterable[str]) -> str:
    """What none of the texts holds."""
    name, told = "number", "\n".join(texts).lower()
    while name in told:
        name += "_"
    return name


def _read_as_numbers(tree: exp.Expression, text_columns: frozenset[str], unused: str) -> dict[str, str]:
    """Put names that stand nowhere in the place of text columns that are computed with, or compared with a number.

    The SQL that reads a number is long: to parse it for each column takes longer than all else of an expression.
    """
    numeric: dict[str, str] = {}
    for column in list(tree.find_all(exp.Column)):
        if column.name in text_columns and _computed_with(column):
            stands_for = numeric.setdefault(column.name, f"{unused}{len(numeric)}")
            column.set("this", exp.to_identifier(stands_for, quoted=True))
    return numeric


def _computed_with(column: exp.Column) -> bool:
    parent, child = column.parent, column
    while isinstance(parent, exp.Paren):
        parent, child = parent.parent, parent
    if isinstance(parent, _ARITHMETIC):
        return not any(isinstance(node, exp.Interval) for node in parent.iter_expressions())
    if isinstance(parent, _COMPARISON):
        others = [node for node in parent.iter_expressions() if node is not child]
        return any(_is_number(node) for node in others)
    return isinstance(parent, exp.In) and any(_is_number(node) for node in parent.expressions)


def _is_number(node: exp.Expression) -> bool:
    node = node.unnest()
    while isinstance(node, exp.Neg):
        node = node.this.unnest()
    return isinstance(node, exp.Literal) and not node.is_string


def _columns(name: str, columns: Iterable[str]) -> str:
    """The nearest column and all there are."""
    known = list(columns)
    near = nearest(name, known)
    listed = f"the columns are: {', '.join(known) or 'none'}"
    return f"did you mean {near!r}? {listed}" if near else listed
