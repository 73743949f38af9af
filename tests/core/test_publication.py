"""What answers need of the shop's tables reaches workspaces that have none, through the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core import clock
from core.consents import Consents
from core.publication import PUBLISHED, AnsweringWorkspace, Publication
from core.workspace import Workspace
from models.demand.plans import calendar
from tests.support import shop
from tests.support.postgres import new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Workspace]:
    """Workspaces in different folders on one database."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres_url"))
    monkeypatch.setenv("REGULARS_STORES__DATABASE", url)
    return lambda name: shop.empty_workspace(tmp_path / name)


def consents(**granted: bool) -> dict[str, pd.DataFrame]:
    rows = [
        {"customer_id": customer, "purpose": "profiling", "granted": choice, "at": pd.Timestamp("2024-02-01")}
        for customer, choice in granted.items()
    ]
    return {"consents": pd.DataFrame(rows)}


STOCK = {"stock": pd.DataFrame({"product_id": ["000"], "date": ["2024-02-01"], "on_hand": [3.0]})}


def test_a_replica_knows_of_the_tables_what_answers_need(folder: Callable[[str], Workspace]) -> None:
    own, replica = folder("own"), AnsweringWorkspace(folder("replica"))
    shop.commit(own, shop.frames(customers=12, days=90) | consents(c001=False, c002=True) | STOCK)
    Publication(own).publish()
    replica.publication.fetch()
    assert clock.present(replica) == clock.present(own)
    assert replica.tables.timezone == own.tables.timezone == shop.ZONE
    assert Consents.load(replica) == Consents.load(own)
    assert calendar(replica) == calendar(own)
    assert calendar(own).days
    assert replica.tables.names() == own.tables.names()
    with_rows = {name for name in replica.tables.names() if replica.tables.files(name)}
    assert with_rows == set(PUBLISHED)


def test_only_what_changed_is_fetched_again(folder: Callable[[str], Workspace]) -> None:
    own, replica = folder("own"), AnsweringWorkspace(folder("replica"))
    shop.commit(own, shop.frames(customers=12, days=90) | consents(c001=True) | STOCK)
    Publication(own).publish()
    replica.publication.fetch()
    before = {name: replica.tables.files(name) for name in PUBLISHED}
    shop.commit(own, consents(c001=False))
    Publication(own).publish()
    replica.publication.fetch()
    after = {name: replica.tables.files(name) for name in PUBLISHED}
    assert {name for name in PUBLISHED if before[name] != after[name]} == {"consents"}
    assert not any(path.exists() for path in before["consents"])
    assert not Consents.load(replica).allows("c001", "profiling")


def test_a_workspace_sees_its_own_commit_before_it_is_published(folder: Callable[[str], Workspace]) -> None:
    own = folder("own")
    shop.commit(own, shop.frames(customers=12, days=90))
    answering = AnsweringWorkspace(own)
    answering.publication.publish()
    answering.publication.fetch()
    shop.commit(own, consents(c001=False))
    assert not Consents.load(answering).allows("c001", "profiling")


def test_older_tables_of_its_own_give_way_to_what_was_published(folder: Callable[[str], Workspace]) -> None:
    own, copy = folder("own"), folder("copy")
    for workspace in (own, copy):
        shop.commit(workspace, shop.frames(customers=12, days=90))
    shop.commit(own, shop.frames(customers=12, days=100))
    Publication(own).publish()
    answering = AnsweringWorkspace(copy)
    answering.publication.fetch()
    assert clock.present(answering) == clock.present(own) > clock.present(copy)


def test_what_was_fetched_outlives_the_database(folder: Callable[[str], Workspace]) -> None:
    own, replica = folder("own"), AnsweringWorkspace(folder("replica"))
    shop.commit(own, shop.frames(customers=12, days=90))
    Publication(own).publish()
    replica.publication.fetch()
    again = AnsweringWorkspace(Workspace.open(replica.root))
    assert clock.present(again) == clock.present(own)
