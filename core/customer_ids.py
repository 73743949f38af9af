"""Which customer an id belongs to, where several ids are found to be one person: an application may ask with any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from core.reads import Read
from core.workspace import Workspace

# Of another system's ids the system's name stands before.
_OTHERS: Final = """
    select distinct case when source is null then source_id else source || ':' || source_id end as id, customer_id
    from identities where customer_id is not null and id <> customer_id
"""

READS: Final = (Read("identities", ("source", "source_id", "customer_id"), "whose answer an id gets"),)


@dataclass(frozen=True)
class CustomerIds:
    """The ids that are another customer's.

    ids = CustomerIds.load(workspace)
    ids.person("4712")  # "4711", where these two are one
    """

    others: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, workspace: Workspace) -> CustomerIds:
        """As the last ingest found them; none where no ids were found to be one, or these tables are not here."""
        if not workspace.tables.files("identities"):
            return cls()
        from core import query_engine  # heavy, and only shops that look for persons need it

        with query_engine.on_tables(workspace) as connection:
            return cls(dict(connection.execute(_OTHERS).fetchall()))

    def person(self, customer_id: str) -> str:
        """The customer's own id, for any of the customer's ids."""
        return self.others.get(customer_id, customer_id)

    def persons(self, customer_ids: Iterable[str]) -> dict[str, str]:
        """For each of some ids the customer's own."""
        ids = list(customer_ids)
        if not self.others:
            return dict(zip(ids, ids, strict=True))
        return {customer: self.person(customer) for customer in ids}
