"""When customers were last contacted, and by which channel they are reached best."""

from __future__ import annotations

from datetime import date

import pandas as pd

from core import query_engine
from core.reads import Read
from core.workspace import Workspace
from feature_repo import facts

READS = (
    Read(
        "contacts",
        ("customer_id", "at", "channel", "treated"),
        "contact lists: whom to leave in peace, and the channel",
    ),
    Read("events", ("customer_id", "kind"), "contact lists: who reads e-mails"),
    Read("orders", ("channel",), "contact lists: where a customer buys"),
)
_YEAR = 364
_MOST = (
    "SELECT customer_id, arg_max(channel, (times, channel)) AS channel FROM (SELECT customer_id, channel,"
    " count(*) AS times FROM {table} WHERE channel <> '' AND {where} GROUP BY ALL) GROUP BY customer_id"
)


def days_since_contact(workspace: Workspace, as_of: date) -> pd.Series[int]:
    """Days from the last contact before `as_of`, indexed by customer_id; being held out of one counts as well.

    Who was held out would else be contacted while it is measured what happens to who is not.
    """
    if not workspace.tables.has("contacts"):
        return pd.Series(dtype="int64")
    query = 'SELECT customer_id, CAST($day - max("day") AS BIGINT) AS days FROM contacts WHERE "day" < $day GROUP BY 1'
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query, {"day": as_of}).df()
    return found.set_index("customer_id")["days"]


def contacts_in_a_year(workspace: Workspace, as_of: date) -> pd.Series[int]:
    """How often each customer was contacted in the year before `as_of`, indexed by customer_id."""
    if not workspace.tables.has("contacts"):
        return pd.Series(dtype="int64")
    query = (
        f"SELECT customer_id, count(*) AS times FROM {facts.contacts_once()}"
        f' WHERE treated AND "day" < $day AND "day" >= $day - {_YEAR} GROUP BY 1'
    )
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query, {"day": as_of}).df()
    return found.set_index("customer_id")["times"]


def preferred_channels(workspace: Workspace, as_of: date) -> pd.Series[str]:
    """The channel of each customer of whom the year before `as_of` tells one, indexed by customer_id.

    E-mail for who opens or follows e-mails; else by what the shop reached the customer most; else where they buy.
    """
    window = f"\"day\" < DATE '{as_of}' AND \"day\" >= DATE '{as_of}' - {_YEAR}"
    answers = {
        "events": f"SELECT DISTINCT customer_id, 'email' AS channel FROM events WHERE {window}"
        " AND kind IN ('email_open', 'email_click')",
        "contacts": _MOST.format(table=facts.contacts_once(), where=f"treated AND {window}"),
        "orders": _MOST.format(table="orders", where=f"customer_id IS NOT NULL AND {window}"),
    }
    found: pd.Series[str] = pd.Series(dtype="object")
    with query_engine.on_tables(workspace) as connection:
        for table, query in answers.items():
            if workspace.tables.has(table):
                said = connection.execute(query).df().set_index("customer_id")["channel"]
                found = pd.concat([found, said[~said.index.isin(found.index)]])
    return found
