"""Makes a workspace: `regulars.toml` and `mapping.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import settings_template
from core.errors import UsageError, did_you_mean
from core.files import write_atomically
from core.workspace import SETTINGS_FILE
from pipelines.sources import complete_journey
from pipelines.sources.doubts import Answers, Doubt
from pipelines.sources.draft import draft

SOURCES = (complete_journey.NAME,)
EXAMPLE = """\
# Which columns of your files become which columns of the data contract; see docs/your-data.md.
# `regulars init DIR --from FILE` drafts this file by looking at yours.
timezone: Europe/London      # the zone in which the shop's days begin
base_currency: GBP           # the currency of all amounts once they are taken in
tables:
  orders:
    from: orders.csv         # or .parquet, duckdb:file#table, ${SHOP_DB}#table; relative to this file
    columns:                 # a column of the file, or an SQL expression over its columns
      customer_id: customer_id
      order_id: order_id
      product_id: product_id
      ordered_at: ordered_at
      quantity: quantity
      revenue: quantity * unit_price
    timestamps: {zone: Europe/London}
"""


@dataclass(frozen=True)
class Made:
    """A new workspace, what to say about it, and what to do next."""

    root: Path
    notes: tuple[str, ...]
    next: str
    roles: dict[str, str]
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {key: value for key, value in asdict(self).items() if key != "next"}


def initialise(
    directory: Path, from_: str | Sequence[str] | None = None, source: str | None = None, answers: Answers | None = None
) -> Made:
    """Make a workspace in a directory that holds none yet; on an error nothing is written.

    Args:
        directory: made where it is not there.
        from_: a file (or database table), or several of one table, to draft the mapping from.
        source: the name of embedded data to use instead.
        answers: what a person said to the doubts of an earlier draft of the same file.

    Raises:
        UsageError: it is a workspace already, or the arguments can't be meant.
        DataError: the file can't be read.
    """
    if from_ and source:
        raise UsageError("--from and --source exclude each other", todo="give one of them")
    if source and source not in SOURCES:
        raise UsageError(f"there is no source {source!r}", todo=did_you_mean(source, SOURCES))
    for name in (SETTINGS_FILE, "mapping.yaml"):
        if (directory / name).exists():
            raise UsageError(f"{directory} holds a {name} already", todo="name another directory, or edit that file")
    if source:
        return _write(directory, f"source: {source}\n", overrides=complete_journey.SETTINGS)
    if from_:
        return _from_file(directory, from_, answers)
    return _write(directory, EXAMPLE, ("mapping.yaml holds an example: put your own files and columns in",))


def _from_file(directory: Path, place: str | Sequence[str], answers: Answers | None) -> Made:
    drafted = draft(place, directory, answers)
    notes = [f"looked at {drafted.rows:,} rows", *drafted.notes]
    notes += [f"  {role}: {name}" for role, name in drafted.roles.items()]
    notes += [
        f"  {name}: not found, and required" + (f"; {drafted.unread[name]}" if name in drafted.unread else "")
        for name in drafted.missing
    ]
    notes += _left_open(drafted.doubts, answers or Answers())
    return _write(directory, drafted.text, tuple(notes), roles=drafted.roles, missing=drafted.missing)


def _left_open(doubts: Sequence[Doubt], answers: Answers) -> list[str]:
    """What the file can't tell and nobody said: the mapping holds a guess there."""
    asked = [doubt for doubt in doubts if getattr(answers, doubt.about) is None]
    return [f"  left open: {doubt.asks} Most likely {doubt.likely}: {doubt.because}" for doubt in asked]


def _write(
    directory: Path,
    mapping: str,
    notes: tuple[str, ...] = (),
    *,
    overrides: dict[str, dict[str, Any]] | None = None,
    roles: dict[str, str] | None = None,
    missing: tuple[str, ...] = (),
) -> Made:
    root = directory.resolve()
    write_atomically(root / "mapping.yaml", mapping)
    write_atomically(root / SETTINGS_FILE, settings_template.render(overrides))
    own = mapping.startswith("source:")
    step = f"regulars ingest --workspace {directory}"
    following = step if own else f"go over {directory}/mapping.yaml, then: {step} --dry-run"
    return Made(root, notes, following, roles or {}, missing)
