"""What a rule would change is told before it counts."""

from __future__ import annotations

import pytest

from core.workspace import Workspace
from models.recommendation import KIND
from models.recommendation.merchandising.rules_file import parse
from models.recommendation.merchandising.rules_trial import ALL, dry_run
from models.recommendation.model import Recommender


def test_each_rule_is_told_apart_and_all_together(small_shop_readonly: Workspace, model: Recommender, as_of) -> None:
    file = KIND.predict_file(small_shop_readonly, model, as_of, "1", k=5)
    best = file.product_id.mode()[0]
    lines = [f"gone: {{kind: excluded, products: ['{best}']}}", "none: {kind: boosted, brands: [none], by: 1}"]
    lines += ["later: {kind: excluded, products: ['001'], from: 2999-01-01}", "few: {kind: excluded, departments: ["]
    lines[-1] += "department 0, department 1]}"
    rules = parse("rules:\n" + "\n".join(f"  {line}" for line in lines), "rules.yaml").rules
    found = dry_run(small_shop_readonly, model, as_of, rules, sample=40, k=5)
    effects = {each.rule: each for each in found.effects}
    assert list(effects) == ["gone", "few", "none", ALL]
    assert (found.customers, found.places) == (40, 200)
    assert 0 < effects["gone"].lists <= 40
    assert effects["gone"].places >= effects["gone"].lists
    assert effects["gone"].score_lost > 0
    assert effects["gone"].short == 0
    assert (effects["none"].lists, effects["none"].places) == (0, 0)
    assert effects["none"].score_lost == pytest.approx(0, abs=1e-6)
    assert (effects["few"].short, effects["few"].places) == (40, 200)
    assert effects[ALL].short == 40
