"""On how many days of each week each customer bought: what tells a rhythm, of customers drawn where there are many."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from core.consents import Consents
from core.workspace import Workspace
from models.arrays import Int64Array

MOST_WEEKS = 104
MOST_CUSTOMERS = 20_000
"""So many tell a hundredth of them from none."""
_VISITS = """
    WITH bought AS (
        SELECT customer_id, ((CAST($stop AS DATE) - day) - 1) // 7 AS back, count(DISTINCT day) AS days
        FROM orders WHERE customer_id IS NOT NULL AND day >= $first AND day < $stop GROUP BY ALL
    ),
    drawn AS (SELECT DISTINCT customer_id FROM bought ORDER BY md5(customer_id), customer_id LIMIT $most)
    SELECT customer_id, back, days FROM bought JOIN drawn USING (customer_id)
"""


def read(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> Int64Array:
    """[customer, week]: the whole weeks that end as of a day, the oldest first; without who allows no profiling."""
    whole = min((as_of - workspace.tables.first_day()).days // 7, MOST_WEEKS)
    bounds = {"first": as_of - timedelta(days=7 * whole), "stop": as_of, "most": MOST_CUSTOMERS}
    rows: pd.DataFrame = connection.execute(_VISITS, bounds).df()
    refused = Consents.load(workspace, as_of).refused(rows["customer_id"].unique(), "profiling")
    rows = rows[~rows["customer_id"].isin(refused)]
    who, names = pd.factorize(rows["customer_id"])
    visits = np.zeros((len(names), whole), dtype="int64")
    visits[who, whole - 1 - rows["back"].to_numpy(dtype="int64")] = rows["days"]
    return visits
