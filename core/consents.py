"""What customers allow: the latest choice of each, as of a moment.

Without a `consents` table nothing is tracked and everything is allowed. With it, a customer without a row for
a purpose counts as `settings.consents.default` says: refused, unless the shop decided otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from core import utc
from core.reads import Read
from core.workspace import Workspace

Purpose = Literal["personalisation", "profiling", "marketing"]
PURPOSES: Final[tuple[Purpose, ...]] = ("personalisation", "profiling", "marketing")

# The latest row of each customer and purpose; of two at the same moment the refusal holds.
_LATEST: Final = """
    select customer_id, purpose, arg_max(granted, ("at", not granted))
    from consents where {known} group by customer_id, purpose
"""

READS: Final = (
    Read("consents", ("customer_id", "purpose", "granted", "at"), "who may be profiled, personalised and written to"),
)


@dataclass(frozen=True)
class Consents:
    """The choices known at one moment.

    consents = Consents.load(workspace, as_of=date(2017, 11, 20))
    consents.allows("007", "profiling")
    """

    tracked: bool = False
    default: bool = True
    choices: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    @classmethod
    def load(cls, workspace: Workspace, as_of: date | None = None) -> Consents:
        """The choices made strictly before the shop's day `as_of`, or by now where it is None."""
        if not workspace.tables.has("consents"):
            return cls()
        choices: dict[str, dict[str, bool]] = {purpose: {} for purpose in PURPOSES}
        for customer, purpose, granted in _latest(workspace, as_of):
            choices.setdefault(purpose, {})[customer] = granted
        return cls(True, workspace.settings.consents.default == "granted", choices)

    def allows(self, customer_id: str, purpose: Purpose) -> bool:
        """Whether the customer allows the purpose."""
        if not self.tracked:
            return True
        return self.choices.get(purpose, {}).get(customer_id, self.default)

    def refused(self, customer_ids: Iterable[str], purpose: Purpose) -> set[str]:
        """Those of the customers who do not allow the purpose."""
        if not self.tracked:
            return set()
        return {customer for customer in customer_ids if not self.allows(customer, purpose)}

    def of(self, customer_id: str) -> dict[str, bool]:
        """Every purpose with whether the customer allows it."""
        return {purpose: self.allows(customer_id, purpose) for purpose in PURPOSES}


def _latest(workspace: Workspace, as_of: date | None) -> list[tuple[str, str, bool]]:
    from core import query_engine  # heavy, and only shops that track consents need it

    known, limit = ('"day" < ?', as_of) if as_of else ('"at" <= ?', utc.naive(utc.now()))
    with query_engine.on_tables(workspace) as connection:
        rows: list[tuple[str, str, bool]] = connection.execute(_LATEST.format(known=known), [limit]).fetchall()
    return rows
