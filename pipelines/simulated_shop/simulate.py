"""Writes a simulated shop into a folder: a workspace that is ready to be taken in, and the truth beside it."""

from __future__ import annotations

import errno
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from core.errors import StoreError, UsageError
from core.files import staging_directory
from core.workspace import SETTINGS_FILE
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize
from pipelines.simulated_shop.shop_writing import ShopWriting

_BYTES_A_LINE, _BYTES_A_CUSTOMER = 40, 400
"""More than what was measured, so that a disk that is too small is found before anything is written."""
_MIB = 1 << 20


@dataclass(frozen=True)
class SimulatedShop:
    """What was written."""

    folder: Path
    size: ShopSize
    orders: int
    returns: int
    first_day: date
    last_day: date
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        days = {"first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}
        more = {"orders": self.orders, "returns": self.returns, "bytes": self.bytes, **days}
        return {"folder": str(self.folder), **asdict(self.size), **more}


def simulate(folder: Path, size: ShopSize, scenario: ShopScenario) -> SimulatedShop:
    """Write the shop; on an error nothing is left behind.

    Raises:
        UsageError: there is something in the folder already.
        StoreError: the disk is too small.
    """
    target = folder.resolve()
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise UsageError(f"{folder} holds something already", todo="name a folder that is empty or not there yet")
    _check_room(target, size)
    try:
        with staging_directory(target) as staging:
            written = ShopWriting(staging, size, scenario).write()
            _move(staging, target)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StoreError("the disk is full", where=str(target.parent), todo="make room: nothing was kept") from None
    files = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    return SimulatedShop(folder, size, *written, size.first_day(scenario.last_day), scenario.last_day, files)


def _check_room(target: Path, size: ShopSize) -> None:
    above = next(path for path in target.parents if path.exists())
    needed = size.lines * _BYTES_A_LINE + size.customers * _BYTES_A_CUSTOMER
    free = shutil.disk_usage(above).free
    if free < needed:
        why = f"{needed // _MIB:,} MiB may be needed, {free // _MIB:,} MiB are free"
        raise StoreError("the disk is too small", where=str(above), why=why, todo="make room, or give fewer --lines")


def _move(staging: Path, target: Path) -> None:
    """Into a folder that is not there, or that is and is empty: it may be where the person stands."""
    if not target.exists():
        staging.chmod(0o755)
        staging.replace(target)
        return
    for child in sorted(staging.iterdir(), key=lambda path: path.name == SETTINGS_FILE):
        child.replace(target / child.name)
