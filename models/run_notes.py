"""What became of a version, on its run in MLflow: decisions as tags, looks of monitoring as metrics by date.

A copy for who reads MLflow: the audit log and the monitoring runs bind, and are what is sealed. So a note that can't
be kept stops nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import structlog
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from core import utc
from core.errors import StoreError
from models.mlflow_store import talking
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Registry

_LONGEST = 500
_log = structlog.get_logger("registry")


def decision(registry: Registry, version: Version, action: str, text: str) -> None:
    """Keep a decision as a tag of the version's run: `decision 2018-01-01T10.15.00 promote`."""
    at = utc.text()[:19].replace(":", ".")
    try:
        with talking(registry.workspace):
            registry.client.set_tag(version.run_id, f"decision {at} {action}", text[:_LONGEST])
    except (MlflowException, StoreError) as error:
        _log.warning("a decision is not noted in MLflow", version=version.subject, why=str(error)[:200])


def look(registry: Registry, version: Version, as_of: date, values: Mapping[str, float]) -> None:
    """Keep figures of a look as metrics `monitoring.*` of the version's run; their step is days since its training."""
    at = int(utc.aware(datetime.combine(as_of, time())).timestamp() * 1000)
    step = (as_of - version.as_of).days
    found = [
        Metric(re.sub(r"[^\w\-./ :]", "_", f"monitoring.{name}"), float(value), at, step)
        for name, value in values.items()
        if math.isfinite(value)
    ]
    try:
        with talking(registry.workspace):
            registry.client.log_batch(version.run_id, metrics=found)
    except (MlflowException, StoreError) as error:
        _log.warning("a look is not noted in MLflow", version=version.subject, why=str(error)[:200])
