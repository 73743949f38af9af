"""How probable it is that two ids without an equal key are one person: the model of Fellegi and Sunter, by Splink.

Typing errors, a new e-mail and a move leave something that is equal, or nearly so. What each likeness tells (`_LEVELS`)
was counted on invented shops (`benchmarks/identity_weights.py`); how rare a name is, is counted in the shop's own
records. Chances that grow with the number of people are per person: `1 / people` of them.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from core.errors import NotReady
from pipelines.identity.key_records import RECORDS
from pipelines.identity.pairs import LikelyPair
from pipelines.identity.persons import Persons

if TYPE_CHECKING:
    from splink import SettingsCreator

COMPARED = "identity_compared"
_BETWEEN = 0.05
"""Below this probability a pair is not even remembered."""


@dataclass(frozen=True)
class Level:
    """One likeness: its word, the SQL that says it of `_l` and `_r`, and how often it is so for one person and for two.

    `per_person`: the chance for two different people is this, divided by the number of people.
    """

    word: str
    holds: str
    one: float
    two: float = 0.0
    per_person: float = 0.0
    rare: str | None = None


_SIMILAR = (
    "({0}_l = {0}_r OR (least(length({0}_l), length({0}_r)) > 3"
    " AND (damerau_levenshtein({0}_l, {0}_r) < 2 OR jaro_winkler_similarity({0}_l, {0}_r) > 0.92)))"
)
_GIVEN, _FAMILY = _SIMILAR.format("given"), _SIMILAR.format("family")
_JOINED = "replace(name_l, ' ', '') = replace(name_r, ' ', '')"
_INITIAL = "(given_l[1] = given_r[1] AND (length(given_l) = 1 OR length(given_r) = 1))"
_SAME_BUT_LETTERS = "signs_l = signs_r"
"""Addresses are made of names: those of two namesakes differ in numbers and signs, typing errors mostly in letters."""

LEVELS: Mapping[str, tuple[Level, ...]] = {
    "name": (
        Level("equal", "name_l = name_r AND contains(name_l, ' ')", 0.62, 0.0004, rare="name"),
        Level("alike", f"({_GIVEN} AND {_FAMILY}) OR {_JOINED}", 0.075, 0.0001),
        Level("initial", f"{_INITIAL} AND {_FAMILY}", 0.075, 0.00014),
        Level("given name only", _GIVEN, 0.12, 0.02),
        Level("surname only", _FAMILY, 0.006, 0.021),
        Level("differs", "ELSE", 0.105, 0.96),
    ),
    "email": (
        Level("equal", "email_l = email_r", 0.24, per_person=0.017),
        Level("alike", f"{_SAME_BUT_LETTERS} AND damerau_levenshtein(email_l, email_r) < 3", 0.2, 0.00004),
        Level("same before @", "local_l = local_r", 0.02, 0.000013),
        Level("differs", "ELSE", 0.54, 0.9999),
    ),
    "phone": (
        Level("equal", "phone_l = phone_r", 0.45, per_person=0.05),
        Level("alike", "damerau_levenshtein(phone_l, phone_r) < 2", 0.24, 0.000003),
        Level("differs", "ELSE", 0.31, 0.9999),
    ),
    "address": (
        Level("equal", "address_l = address_r", 0.71, per_person=0.88),
        Level(
            "alike",
            "damerau_levenshtein(address_l, address_r) < 3 OR starts_with(address_l, address_r)"
            " OR starts_with(address_r, address_l)",
            0.18,
            0.00014,
        ),
        Level("differs", "ELSE", 0.11, 0.9994),
    ),
}
PRIOR_PER_PERSON = 0.15
"""How many other ids of the same person there still are, once equal keys are linked."""
_BLOCKS = tuple(
    f"l.group_ <> r.group_ AND {rule}"
    for rule in (
        "l.email = r.email",
        "l.local = r.local",
        "l.phone = r.phone",
        "l.address = r.address",
        "l.block_address = r.block_address AND l.family[1:2] = r.family[1:2]",
        "l.phone[-6:] = r.phone[-6:]",
        "l.phone[:-6] = r.phone[:-6] AND l.given = r.given",
        "l.signs = r.signs AND l.local[1:5] = r.local[1:5] AND l.family[1:3] = r.family[1:3]",
        "l.signs = r.signs AND l.local[-5:] = r.local[-5:] AND l.given[1:3] = r.given[1:3]",
    )
)
"""Which pairs are compared at all: those that have at least a part of a key in common, beside the name."""


def likely_pairs(
    connection: duckdb.DuckDBPyConnection, engine: duckdb.DuckDBPyConnection, certain: Persons
) -> list[LikelyPair]:
    """The pairs of ids, not one person already, that the model finds likely; of two groups of ids the likeliest.

    Only records whose keys were read in clear by this ingest are compared, in an `engine` of their own.

    Raises:
        NotReady: Splink is not installed.
    """
    people = compare(connection, engine, certain)
    if people < 2:
        return []
    scored = _scored(engine, people)
    found: dict[tuple[str, str], LikelyPair] = {}
    for one, other, probability, *words in scored:
        pair = LikelyPair(min(one, other), max(one, other), round(probability, 4), _evidence(words))
        if pair.nodes not in found:
            found[pair.nodes] = pair
    return list(found.values())


def compare(connection: duckdb.DuckDBPyConnection, engine: duckdb.DuckDBPyConnection, certain: Persons) -> int:
    """Make `COMPARED` in the engine: a row for each way in which a group of ids wrote its keys; returns the groups."""
    rows = connection.sql(
        f"SELECT DISTINCT node, name, email, phone, address FROM {RECORDS}"
        " WHERE name IS NOT NULL OR email IS NOT NULL OR phone IS NOT NULL OR address IS NOT NULL ORDER BY ALL"
    ).to_arrow_table()
    groups = [certain.root(node) for node in rows.column("node").to_pylist()]
    engine.register("identity_rows", rows.append_column("group_", pa.array(groups, pa.string())))
    engine.execute(
        f"CREATE OR REPLACE TABLE {COMPARED} AS SELECT *,"
        " row_number() OVER (ORDER BY node, name, email, phone, address) AS unique_id,"
        " split_part(email, '@', 1) AS local, regexp_replace(email, '[a-z]', '', 'g') AS signs,"
        " split_part(name, ' ', 1) AS given,"
        " CASE WHEN name LIKE '% %' THEN string_split(name, ' ')[-1] END AS family,"
        " array_to_string(string_split(address, ' ')[1:2], ' ') AS block_address"
        " FROM (SELECT min(node) AS node, group_, name, email, phone, address FROM identity_rows GROUP BY ALL)"
    )
    engine.unregister("identity_rows")
    return len(set(groups))


def _scored(engine: duckdb.DuckDBPyConnection, people: int) -> list[tuple[Any, ...]]:
    """Pairs of groups, the likeliest first: two nodes, the probability, the likeness of each kind as a number."""
    try:
        from splink import DuckDBAPI, Linker
    except ImportError:
        raise NotReady(
            "the model that compares ids is not installed",
            why="identity.model is true",
            todo="install it: pip install 'regulars[identity]'; or write identity: {model: false}",
        ) from None
    with _quiet():
        linker = Linker(COMPARED, _settings(people), DuckDBAPI(connection=engine), set_up_basic_logging=False)
        linker.table_management.compute_tf_table("name")
        predicted = linker.inference.predict(threshold_match_probability=_BETWEEN).physical_name
    words = ", ".join(f"p.gamma_{kind}" for kind in LEVELS)
    found: list[tuple[Any, ...]] = engine.execute(
        f"SELECT a.node, b.node, p.match_probability, {words} FROM {predicted} AS p"
        f" JOIN {COMPARED} AS a ON a.unique_id = p.unique_id_l JOIN {COMPARED} AS b ON b.unique_id = p.unique_id_r"
        " WHERE a.group_ <> b.group_ QUALIFY row_number() OVER (PARTITION BY least(a.group_, b.group_),"
        " greatest(a.group_, b.group_) ORDER BY p.match_probability DESC, a.node, b.node) = 1"
        " ORDER BY p.match_probability DESC, a.node, b.node"
    ).fetchall()
    return found


def _settings(people: int) -> SettingsCreator:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import SettingsCreator
    from splink.blocking_rule_library import CustomRule

    def level(of: Level) -> Any:
        made: Any = levels.ElseLevel() if of.holds == "ELSE" else levels.CustomLevel(of.holds)
        two = min(of.per_person / people, 0.5) if of.per_person else of.two
        known = made.configure(label_for_charts=of.word, m_probability=of.one, u_probability=two)
        if of.rare is None:
            return known
        return known.configure(tf_adjustment_column=of.rare, disable_tf_exact_match_detection=True)

    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=min(PRIOR_PER_PERSON / people, 0.5),
        comparisons=[
            comparisons.CustomComparison([levels.NullLevel(kind), *map(level, of)], output_column_name=kind)
            for kind, of in LEVELS.items()
        ],
        blocking_rules_to_generate_predictions=[CustomRule(rule) for rule in _BLOCKS],
        retain_matching_columns=True,
    )


def _evidence(gammas: list[int]) -> dict[str, str]:
    """The words of the likenesses: Splink numbers the levels of a kind downwards, -1 is that a side has none."""
    return {
        kind: levels[len(levels) - 1 - gamma].word
        for (kind, levels), gamma in zip(LEVELS.items(), gammas, strict=True)
        if gamma >= 0
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what Splink logs and warns of, which is about its own settings."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
