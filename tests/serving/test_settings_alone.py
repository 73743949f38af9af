"""A second machine that has the settings, the models and the online store, and no table of the shop."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.serving.conftest import open_shop
from tests.support.shop import empty_workspace


@pytest.mark.fault(
    "processes",
    "settings alone on a second machine, without the shop's database",
    "nobody's choices are known: nobody is scored",
)
def test_who_may_be_scored_is_not_guessed_where_no_table_says_so(served: Workspace, tmp_path: Path) -> None:
    second = empty_workspace(tmp_path / "second", stores={"online": f"sqlite:///{served.root}/feast/online.db"})
    shutil.copytree(served.models_dir, second.models_dir)
    for workspace, told in ((served, None), (second, "no_consent")):
        for shop in open_shop(workspace):
            (churn,) = shop.post("/v1/churn", {"customer_ids": ["c001"]}).json()["results"]
            (customer,) = shop.post("/v1/customers", {"customer_ids": ["c001"], "profile": True}).json()["results"]
            assert (churn["fallback"], customer["fallback"]) == (told, told)
            assert (churn["churn_probability"] is None) == (told is not None)
            assert (customer["profile"] is None) == (told is not None)
