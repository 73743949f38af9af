"""Demand while another version becomes champion: the forecast takes a while, and what was taken back tells nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.workspace import Workspace
from models import artifact
from models.artifact_cache import BASELINE, ArtifactCache, ServingState, seal_of
from models.kinds import FittedModel
from models.serving_state import LineupState
from tests.serving.conftest import Shop, open_shop, save_as_served


@pytest.fixture
def exchanging(served: Workspace, fitted: tuple[Path, dict[str, FittedModel]]) -> Iterator[Shop]:
    """Version 1 is champion and has a baseline; 2 is there."""
    save_as_served(served, "2", **fitted[1])
    save_as_served(served, "1", **fitted[1])
    folder = served.models_dir / "demand" / "1"
    shutil.copytree(folder / "model", folder / BASELINE)
    artifact.seal(folder)
    whole = ServingState("demand", "1", folder / "model", "champion", "model", seal_of(folder))
    ArtifactCache(served).remember(whole)
    yield from open_shop(served)


def state(shop: Shop, version: str) -> ServingState:
    found = next(each for each in shop.runtime.registry.cache.whole("demand") if each.version == "1")
    return replace(found, version=version, directory=shop.workspace.models_dir / "demand" / version / "model")


def exchange(shop: Shop, lineup: LineupState) -> None:
    """As the quick background task does, before any forecast is made."""
    registry, others = shop.runtime.registry, shop.runtime.registry.lineup
    registry.lineup = lambda kind: lineup if kind == "demand" else others(kind)  # type: ignore[method-assign]
    shop.runtime.champions.refresh()


def told(shop: Shop) -> tuple[str, str, Any]:
    answer = shop.post("/v1/demand", {"series": [{"category": "category 1"}], "horizon": 7})
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    return result["version"], result["variant"], result["fallback"]


def test_until_the_new_champions_forecast_is_made_the_one_before_tells(exchanging: Shop) -> None:
    exchange(exchanging, LineupState(state(exchanging, "2"), before="1"))
    assert told(exchanging) == ("1", "champion", None)
    exchanging.runtime.background.round()
    assert told(exchanging) == ("2", "champion", None)


def test_a_version_that_was_refused_tells_nothing_meanwhile(exchanging: Shop) -> None:
    exchange(exchanging, LineupState(state(exchanging, "2")))
    assert told(exchanging) == ("1", "baseline", "baseline"), "the best baseline, which says so"
    exchanging.runtime.background.round()
    assert told(exchanging) == ("2", "champion", None)


def test_a_rollback_tells_from_the_forecast_that_was_kept(exchanging: Shop) -> None:
    first = state(exchanging, "1")
    exchange(exchanging, LineupState(state(exchanging, "2"), before="1"))
    exchanging.runtime.background.round()
    exchange(exchanging, LineupState(first))
    assert told(exchanging) == ("1", "champion", None)


def test_a_retired_champions_baseline_tells_at_once(exchanging: Shop) -> None:
    model = state(exchanging, "1")
    simple = replace(model, alias="baseline", mode="baseline", directory=model.root / BASELINE)
    exchange(exchanging, LineupState(simple))
    assert told(exchanging) == ("1", "baseline", "baseline")
    exchanging.runtime.background.round()
    assert told(exchanging) == ("1", "baseline", "baseline")


def test_without_any_of_these_it_is_said_that_there_is_no_forecast_yet(exchanging: Shop) -> None:
    forecasts = exchanging.runtime.forecasts
    forecasts.kept = tuple(each for each in forecasts.kept if each.who.fallback is None)
    exchange(exchanging, LineupState(state(exchanging, "2")))
    answer = exchanging.post("/v1/demand", {"series": [{"category": "category 1"}]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
