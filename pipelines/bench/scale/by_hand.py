"""What people write in the place of a snapshot, and what they fill an online store with.

    python -m pipelines.bench.scale.by_hand sql|pandas|feast DIR DAY

`sql` and `pandas` make the dozen figures that a first churn model has (recency, frequency and money over 28, 84 and 364
days, orders, products, categories, returns) of the order lines before DAY; the product makes some two hundred and
seventy features and the other views beside them. `feast` has Feast's own `materialize` fill the online store from the
snapshot of DAY.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from core import query_engine
from core.workspace import Workspace

WINDOWS: Final = (28, 84, 364)
VIEW: Final = "customer_features"


def by_sql(workspace: Workspace, files: list[str], day: date) -> int:
    """Rows that DuckDB makes."""
    windows = ", ".join(
        f"sum(revenue) FILTER (day >= $day - {n}) AS revenue_{n}, count(DISTINCT day) FILTER (day >= $day - {n}) "
        f"AS visits_{n}"
        for n in WINDOWS
    )
    query = f"""
        SELECT customer_id, $day - max(day) AS recency, $day - min(day) AS tenure, count(DISTINCT order_id) AS orders,
            count(DISTINCT product_id) AS products, sum((quantity < 0)::INT) AS returns, {windows}
        FROM read_parquet($files) WHERE day < $day AND customer_id IS NOT NULL GROUP BY customer_id
    """
    with query_engine.connect(workspace) as connection:
        made = connection.execute(f"CREATE TABLE made AS {query}", {"day": day, "files": files}).fetchall()
    return int(made[0][0])


def by_pandas(files: list[str], day: date) -> int:
    """Rows that pandas makes."""
    columns = ["customer_id", "order_id", "product_id", "day", "quantity", "revenue"]
    lines = pd.concat([pd.read_parquet(file, columns=columns) for file in files], ignore_index=True)
    lines["day"] = pd.to_datetime(lines["day"])
    lines = lines[(lines["day"] < pd.Timestamp(day)) & lines["customer_id"].notna()]
    by = lines.groupby("customer_id")
    made = by.agg(last=("day", "max"), first=("day", "min"), orders=("order_id", "nunique"))
    made["products"] = by["product_id"].nunique()
    made["returns"] = lines[lines["quantity"] < 0].groupby("customer_id").size()
    for days in WINDOWS:
        recent = lines[lines["day"] >= pd.Timestamp(day - timedelta(days=days))].groupby("customer_id")
        made[f"revenue_{days}"], made[f"visits_{days}"] = recent["revenue"].sum(), recent["day"].nunique()
    return len(made)


def by_feast(workspace: Workspace, day: date) -> int:
    """Rows of the view that Feast's own way has written."""
    from core.clock import day_start
    from feature_repo.partitions import read_build
    from feature_repo.store import feature_store

    moment = day_start(day, workspace.tables.timezone)
    feature_store(workspace).materialize(moment - timedelta(hours=1), moment + timedelta(hours=1), [VIEW])
    build = read_build(workspace, VIEW, day)
    return build.rows if build else 0


def main() -> None:
    """Make, and say of how many customers."""
    how, folder, told = sys.argv[1:4]
    workspace, day = Workspace.open(Path(folder)), date.fromisoformat(told)
    files = [str(each) for each in workspace.tables.files("orders")]
    if how == "sql":
        rows = by_sql(workspace, files, day)
    elif how == "pandas":
        rows = by_pandas(files, day)
    else:
        rows = by_feast(workspace, day)
    print(f"{rows:,} rows")


if __name__ == "__main__":
    main()
