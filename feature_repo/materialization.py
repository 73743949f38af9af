"""The materialization state: what the online store was filled with, in the database of all who share the store.

Each filling has a number. Replicas look at the latest one, where they can't look at a file; and an event notes the
filling it was folded into, so that the next one, which forgets it, is told from it without comparing clocks.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import sqlalchemy as sa

from core import utc
from core.errors import NotReady
from core.state.schema import MATERIALIZATIONS, MATERIALIZED_KEYS
from core.workspace import Workspace
from feature_repo import catalog, partitions

_FILLED, _KEYS = MATERIALIZATIONS.c, MATERIALIZED_KEYS.c


@dataclass(frozen=True)
class Content:
    """What a filling holds.

    Attributes:
        days: view -> the date of its snapshot.
        transforms: view -> the code and settings that made it (see `partitions.transform_hash`).
        timezone: the zone in which the shop's days were cut.
        tables: the tables the shop had brought.
    """

    days: Mapping[str, date]
    transforms: Mapping[str, str]
    timezone: str
    tables: frozenset[str]

    @classmethod
    def now(cls, workspace: Workspace, days: Mapping[str, date]) -> Content:
        """What the store holds once it is filled from these snapshots of the workspace."""
        tables = workspace.tables
        return cls(days, _transforms(workspace), tables.timezone, frozenset(tables.names()))


@dataclass(frozen=True)
class Materialization:
    """A filling; `number` counts all that were begun, `as_of` is the date that was asked for.

    `token` is what the online store says of itself once it has been switched to this filling: no other workspace's
    filling has the same. Empty: an earlier release made it, in rows of another form.
    """

    number: int
    as_of: date
    content: Content
    token: str = ""


class Materializations:
    """The fillings of the online store that a workspace reads from."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engine = workspace.database

    def latest(self) -> Materialization | None:
        """The last filling that has ended; None before the first."""
        ended = MATERIALIZATIONS.select().where(_FILLED.ended_at.is_not(None)).order_by(_FILLED.number.desc())
        with self._engine.connect() as connection:
            row = connection.execute(ended.limit(1)).first()
        return _filling(row) if row else None

    def shown_by(self, token: str) -> Materialization | None:
        """The filling with that token, where it is the last that has ended, or one begun later; else None.

        A process that is killed after it has switched the store, and before it could say so, leaves such a one.
        """
        latest = self.latest()
        since = MATERIALIZATIONS.select().where(_FILLED.number >= (latest.number if latest else 0))
        with self._engine.connect() as connection:
            found = map(_filling, connection.execute(since))
            return next((filling for filling in found if token and filling.token == token), None)

    def required(self) -> Materialization:
        """The last filling.

        Raises:
            NotReady: there is none.
        """
        latest = self.latest()
        if latest is None:
            raise NotReady("the online store is empty", todo="run: regulars materialize")
        return latest

    def is_current(self, day: date) -> bool:
        """Whether the store shows the features as of `day` as the present transforms and settings make them.

        A filling that was begun later and did not end has left some of each.
        """
        latest = self.latest()
        if latest is None or latest.as_of != day or latest.content.transforms != _transforms(self._workspace):
            return False
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.func.max(_FILLED.number))).scalar() == latest.number

    def keys(self, view: str) -> list[str]:
        """The entities of a view that the store was filled with, which no online store can list.

        Raises:
            NotReady: it has not been filled.
        """
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(_KEYS.parquet).where(_KEYS.view == view)).scalar()
        if found is None:
            raise NotReady("the online store is empty", todo="run: regulars materialize")
        return [str(each) for each in pq.read_table(io.BytesIO(found)).column(0).to_pylist()]

    def begin(self, as_of: date, content: Content) -> Materialization:
        """Note that the store is being filled."""
        token = uuid4().hex
        row = {"as_of": as_of.isoformat(), "begun_at": utc.naive(utc.now()), "content": _written(content, token)}
        with self._engine.begin() as connection:
            number = connection.execute(MATERIALIZATIONS.insert().returning(_FILLED.number), row).scalar_one()
        return Materialization(int(number), as_of, content, token)

    def end(self, filling: Materialization) -> None:
        """Note that it has been filled, and with which entities."""
        rows = [{"view": v, "parquet": _key_column(self._workspace, v, d)} for v, d in filling.content.days.items()]
        with self._engine.begin() as connection:
            connection.execute(MATERIALIZED_KEYS.delete())
            connection.execute(MATERIALIZED_KEYS.insert(), rows)
            same = _FILLED.number == filling.number
            connection.execute(MATERIALIZATIONS.update().where(same).values(ended_at=utc.naive(utc.now())))


def as_of(workspace: Workspace) -> date | None:
    """The date the online store was last filled for; None before the first time."""
    latest = Materializations(workspace).latest()
    return latest.as_of if latest else None


def _key_column(workspace: Workspace, view: str, day: date) -> bytes:
    path = partitions.partition(workspace, view, day)
    buffer = io.BytesIO()
    pq.write_table(pq.read_table(path, columns=[catalog.view(view).key], partitioning=None), buffer)
    return buffer.getvalue()


def _written(content: Content, token: str) -> str:
    said = asdict(content) | {"tables": sorted(content.tables), "token": token}
    return json.dumps(said, default=str, sort_keys=True)


def _filling(row: sa.Row[Any]) -> Materialization:
    raw: dict[str, Any] = json.loads(row.content)
    days = {view: date.fromisoformat(day) for view, day in raw["days"].items()}
    content = Content(days, raw["transforms"], raw["timezone"], frozenset(raw["tables"]))
    return Materialization(row.number, date.fromisoformat(row.as_of), content, raw.get("token", ""))


def _transforms(workspace: Workspace) -> dict[str, str]:
    return {name: partitions.transform_hash(workspace, view) for name, view in catalog.VIEWS.items()}
