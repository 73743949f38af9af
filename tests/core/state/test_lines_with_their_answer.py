"""Predictions of a release that kept each line as a row of its own are read as they were."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import feature_values
from core.database import connect
from core.logged_rows import LoggedRow, first_of_day
from core.prediction_log import PredictionLog
from core.state.schema import FEATURE_ROWS
from core.state.upgrade import MIGRATIONS, upgrade
from core.workspace import Workspace
from tests.support.postgres import new_database
from tests.support.shop import empty_workspace

AT = datetime(2029, 5, 20, 8)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
LISTED = '["visits"]'


def packed(visits: float) -> bytes:
    return feature_values.pack({"visits": [visits]}, 0)


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A workspace whose database the release before made: 1,201 answers, most of one line."""
    url = "" if request.param == "sqlite" else new_database(request.getfixturevalue("postgres_url"))
    workspace = empty_workspace(tmp_path / "workspace", state=False, stores={"database": url})
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    (migrations / "versions" / "r0014_lines_with_their_answer.py").unlink()
    engine = connect(url, workspace.root / "state.db")
    upgrade(engine, migrations)
    _fill(engine)
    return workspace


def _fill(engine: sa.Engine) -> None:
    tables = sa.MetaData()
    tables.reflect(engine, only=["predictions", "prediction_results", "feature_rows", "feature_lists"])
    answers = [_answer(f"{number:032x}") for number in range(1201)]
    once = LoggedRow.of(packed(2.0), AT)
    first = answers[0]["prediction_id"]
    lines = [
        _line(first, 1, subject="8", item="x", fallback="new_customer", propensity=0.5, features=packed(3.0)),
        _line(first, 0, subject="7", value=0.25, version="4", variant="canary", feature_row=once.row_id),
        _line(first, 2, subject="9", features=packed(3.0)),
        *(_line(each["prediction_id"], 0, subject=each["prediction_id"][-4:]) for each in answers[1:-1]),
    ]
    with engine.begin() as connection:
        connection.execute(tables.tables["predictions"].insert(), answers)
        connection.execute(tables.tables["prediction_results"].insert(), lines)
        connection.execute(tables.tables["feature_rows"].insert().values(row_id=once.row_id, features=once.features))
        connection.execute(
            tables.tables["feature_lists"].insert().values(feature_list=feature_values.list_id(LISTED), names=LISTED)
        )


def _answer(prediction_id: str) -> dict[str, Any]:
    said = {"kind": "churn", "model": "churn", "version": "3", "variant": "champion", "request": "{}"}
    return {"prediction_id": prediction_id, "made_at": AT, "feature_list": feature_values.list_id(LISTED), **said}


def _line(prediction_id: str, position: int, **told: Any) -> dict[str, Any]:
    names = ["subject", "item", "value", "fallback", "propensity", "features", "version", "variant", "feature_row"]
    return {"prediction_id": prediction_id, "position": position, **dict.fromkeys(names), **told}


def test_every_line_is_where_it_was_with_the_features_it_had(before: Workspace) -> None:
    log = PredictionLog(before)
    found = list(log.answers("churn", *EVER))
    assert len(found) == 1202
    assert [(row["subject"], row["position"]) for row in found[:4]] == [("7", 0), ("8", 1), ("9", 2), ("0001", 0)]
    assert [row["features"] for row in found[:4]] == [{"visits": 2.0}, {"visits": 3.0}, {"visits": 3.0}, None]
    first, second = found[:2]
    assert (first["value"], first["version"], first["variant"]) == (0.25, "4", "canary")
    assert (second["item"], second["fallback"], second["propensity"]) == ("x", "new_customer", 0.5)
    assert (second["version"], second["variant"]) == ("3", "champion")


def test_features_that_lay_with_each_line_lie_there_once_and_go_with_their_day(before: Workspace) -> None:
    with before.database.connect() as connection:
        ids = connection.execute(sa.select(FEATURE_ROWS.c.row_id)).scalars().all()
        assert not sa.inspect(connection).has_table("prediction_results")
    assert len(ids) == 2
    assert all(each.startswith(first_of_day(AT.replace(tzinfo=UTC))) for each in ids)


def test_an_answer_of_no_line_has_none(before: Workspace) -> None:
    (nothing,) = PredictionLog(before).lines([f"{1200:032x}"])
    assert nothing["position"] is None
