"""What each likeness of two ids tells, counted on invented shops: the figures of `pipelines.identity.likeness.LEVELS`.

Run: python benchmarks/identity_weights.py [people]. Its seeds are not those that `regulars bench identity` reports.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from unittest import mock

import pyarrow as pa

from core import query_engine
from core.workspace import Workspace
from pipelines.bench import identity_bench
from pipelines.bench.invented_people import PeopledShop, invent
from pipelines.identity import likeness

SEEDS = range(11, 17)
SHARE = 20
"""Of pairs of two people every so manieth is compared letter by letter."""


def main(people: int) -> None:
    """Print, for each kind of key, how often each likeness is found for one person and for two."""
    one, two = (defaultdict(lambda: defaultdict(float)) for _ in range(2))
    for seed in SEEDS:
        for same, kind, word, number in _counts(invent(people, seed)):
            (one if same else two)[kind][word] += number
    for kind, levels in likeness.LEVELS.items():
        sums = sum(one[kind].values()), sum(two[kind].values())
        for level in levels:
            shares = one[kind][level.word] / sums[0], two[kind][level.word] / sums[1]
            print(
                f"{kind:8} {level.word:16} one {shares[0]:.4f} two {shares[1]:.8f} per person {shares[1] * people:.3f}"
            )
    true = sum(one["name"].values()) / len(SEEDS)
    print(f"other records of the same person, per person: {true / people:.3f}")


def _counts(shop: PeopledShop) -> list[tuple[bool, str, str, float]]:
    kept: list[pa.Table] = []
    compare = likeness.compare

    def spy(connection, engine, certain):  # noqa: ANN001, ANN202
        found = compare(connection, engine, certain)
        kept.append(engine.sql(f"FROM {likeness.COMPARED}").to_arrow_table())
        return found

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(likeness, "compare", spy):
        identity_bench.customers(Path(folder), shop)
        workspace = Workspace.open(Path(folder))
        with query_engine.on_tables(workspace) as connection:
            nodes = dict(connection.execute("SELECT order_id, source_customer_id FROM orders").fetchall())
            person = {node: shop.person[order] for order, node in nodes.items()}
            table = kept[0]
            of = pa.array([person.get(node, -1) for node in table.column("node").to_pylist()], pa.int64())
            connection.register("records_", table.append_column("person", of))
            connection.execute("CREATE TABLE records AS FROM records_")
            return [found for kind in likeness.LEVELS for found in _levels(connection, kind)]


def _levels(connection, kind: str) -> list[tuple[bool, str, str, float]]:  # noqa: ANN001
    cases = []
    for level in likeness.LEVELS[kind]:
        if level.holds == "ELSE":
            cases.append(f"ELSE '{level.word}'")
        else:
            cases.append(f"WHEN {level.holds} THEN '{level.word}'")
    columns = ("name", "given", "family", "email", "local", "signs", "phone", "address")
    sides = ", ".join(f"{side}.{column} AS {column}_{side}" for column in columns for side in "lr")
    filled = f"l.{kind} IS NOT NULL AND r.{kind} IS NOT NULL AND l.unique_id < r.unique_id AND l.group_ <> r.group_"
    word = f"CASE {' '.join(cases)} END"
    same = f"SELECT {sides} FROM records AS l JOIN records AS r ON l.person = r.person WHERE {filled}"
    other = (
        f"SELECT {sides} FROM records AS l, records AS r WHERE {filled} AND l.person <> r.person"
        f" AND hash(l.unique_id, r.unique_id) % {SHARE} = 0"
    )
    pairs = "records AS l JOIN records AS r"
    equal = f"SELECT count(*) FROM {pairs} ON l.{kind} = r.{kind} WHERE {filled} AND l.person <> r.person"
    one, two = (
        connection.execute(f"SELECT {word}, count(*) FROM ({found}) GROUP BY 1").fetchall() for found in (same, other)
    )
    [(equals,)] = connection.execute(equal).fetchall()
    found = [(True, kind, said, number) for said, number in one]
    found += [(False, kind, said, number * SHARE) for said, number in two if said != "equal"]
    return [*found, (False, kind, "equal", equals)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
