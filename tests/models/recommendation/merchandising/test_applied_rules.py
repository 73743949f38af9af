"""Versions of the rules: what was applied counts, with who and why in the audit log."""

from __future__ import annotations

import pandas as pd
import pytest

from core.audit import AuditLog
from core.errors import RulesError, UsageError
from core.workspace import Workspace
from models.recommendation import KIND
from models.recommendation.merchandising import applied_rules
from models.recommendation.model import Recommender
from tests.support.shop import commit


def write(workspace: Workspace, *lines: str) -> None:
    workspace.rules_file.write_text("rules:\n" + "".join(f"  {line}\n" for line in lines))


def test_nothing_counts_before_it_is_applied(small_shop: Workspace, model: Recommender, as_of) -> None:
    before = KIND.predict_file(small_shop, model, as_of, "1", k=3)
    best = before.product_id.mode()[0]
    write(small_shop, f"gone: {{kind: excluded, products: ['{best}']}}")
    pd.testing.assert_frame_equal(KIND.predict_file(small_shop, model, as_of, "1", k=3), before)
    applied_rules.apply(small_shop, "ann", "recall")
    after = KIND.predict_file(small_shop, model, as_of, "1", k=3)
    assert best not in set(after.product_id)
    assert (after.groupby("customer_id").size() == 3).all()


def test_each_version_says_who_why_and_what(small_shop: Workspace) -> None:
    write(small_shop, "a: {kind: excluded, products: ['001']}")
    first, new = applied_rules.apply(small_shop, "ann", "recall")
    assert (first.version, first.who, first.reason, new) == (1, "ann", "recall", True)
    assert applied_rules.apply(small_shop, "bob", "again") == (first, False)
    write(small_shop, "a: {kind: excluded, products: ['002']}")
    second, _ = applied_rules.apply(small_shop, "bob", "another recall")
    assert [each.version for each in applied_rules.versions(small_shop)] == [1, 2]
    assert applied_rules.latest(small_shop) == second
    assert second.digest != first.digest
    assert AuditLog(small_shop).verify().intact


def test_what_is_wrong_is_not_applied(small_shop: Workspace) -> None:
    with pytest.raises(RulesError, match=r"there is no rules\.yaml"):
        applied_rules.apply(small_shop, "ann", "a start")
    write(small_shop, "a: {kind: excluded, products: ['0O1']}")
    with pytest.raises(RulesError, match="did you mean"):
        applied_rules.apply(small_shop, "ann", "recall")
    with pytest.raises(UsageError, match="a reason is needed"):
        applied_rules.apply(small_shop, "ann", " ")
    assert applied_rules.latest(small_shop) is None


def test_a_day_has_the_rules_that_count_on_it(small_shop: Workspace, as_of) -> None:
    write(small_shop, f"a: {{kind: excluded, products: ['001'], until: {as_of}}}")
    applied, _ = applied_rules.apply(small_shop, "ann", "recall")
    found = applied_rules.in_force_on(small_shop, as_of, applied)
    assert found is not None
    assert [rule.name for rule in found.rules] == ["a"]
    assert applied_rules.in_force_on(small_shop, as_of + pd.Timedelta(days=1), applied) is None


def test_in_a_file_a_region_is_where_the_customer_is_at_home(small_shop: Workspace, model: Recommender, as_of) -> None:
    customers = pd.DataFrame({"customer_id": [f"c{i:03d}" for i in range(160)], "region": ["north", "south"] * 80})
    commit(small_shop, {"customers": customers})
    best = KIND.predict_file(small_shop, model, as_of, "1").product_id.mode()[0]
    write(small_shop, f"licence: {{kind: only_in, products: ['{best}'], regions: [south]}}")
    applied_rules.apply(small_shop, "ann", "a licence")
    file = KIND.predict_file(small_shop, model, as_of, "1")
    having = set(file[file.product_id == best].customer_id)
    assert having
    assert having <= set(customers[customers.region == "south"].customer_id)
    assert not file.duplicated(["customer_id", "rank"]).any()
    assert (file.groupby("customer_id").size() == 10).all()
