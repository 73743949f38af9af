"""The first columns of every file that says whom to contact: those of the table `contacts`, so that it can be brought
as it is."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

CONTACT_FIELDS: Final = (
    ("campaign_id", pa.string()),
    ("customer_id", pa.string()),
    ("at", pa.timestamp("us", tz="UTC")),
    ("treated", pa.bool_()),
    ("channel", pa.string()),
    ("offer", pa.string()),
)
