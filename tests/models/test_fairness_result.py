"""The stored fairness result: what monitoring writes is what the gate reads."""

import json
from dataclasses import replace
from datetime import date

import pytest

from core.errors import DataError
from core.messages import Message
from models.fairness_result import FairnessResult, GroupFigure

OK = GroupFigure("age_band", "25-34", "selection rate", 120, 0.2, 0.25, 0.8, 0.6, 1.1, "ok")
FLAGGED = GroupFigure("age_band", "65+", "selection rate", 90, 0.5, 0.25, 2.0, 1.5, 2.7, "flagged")
FEW = GroupFigure("age_band", "19-24", "selection rate", 9, None, None, None, None, None, "too few to judge")


def result(*figures):
    return FairnessResult("churn", date(2024, 1, 1), date(2024, 1, 29), figures, Message("fairness.no_region"))


def test_a_result_comes_back_as_it_was_written():
    written = result(OK, FLAGGED, FEW)
    assert FairnessResult.from_json(written.to_json()) == written


def test_the_words_of_an_earlier_release_are_read_as_words():
    kept = json.dumps(json.loads(result().to_json()) | {"note": "no region to measure by"})
    assert str(FairnessResult.from_json(kept).note) == "no region to measure by"


def test_without_a_note_the_text_is_that_of_earlier_releases_so_an_approval_still_holds():
    unnoted = replace(result(FLAGGED), note=None).to_json()
    assert json.loads(unnoted)["note"] == ""


def test_what_an_earlier_release_did_not_say_is_not_written_so_an_approval_still_holds():
    assert set(json.loads(result(FLAGGED).to_json())["figures"][0]) == {
        *("attribute", "group", "metric", "n", "value", "rest", "ratio", "low", "high", "verdict")
    }
    told = replace(FLAGGED, needs=3, finds_below=0.6, finds_above=1.5, p=1e-5)
    assert FairnessResult.from_json(result(told).to_json()).figures == (told,)


def test_the_four_fifths_rule_looks_at_the_ratio_alone():
    assert [replace(OK, ratio=ratio).four_fifths for ratio in (0.79, 0.8, 1.25, 1.26)] == [False, True, True, False]
    assert FEW.four_fifths is None
    assert replace(OK, verdict="not judged").four_fifths is None


def test_what_is_not_certain_yet_blocks_nothing():
    assert replace(result(replace(FLAGGED, verdict="not certain yet")), note=None).state == "ok"


def test_one_flagged_group_blocks_the_version():
    assert result(OK, FLAGGED).state == "blocked"
    assert replace(result(OK, FEW), note=None).state == "ok"
    assert result().state == "not measured"


def test_figures_that_are_only_shown_are_no_measurement():
    assert result(replace(OK, verdict="not judged"), FEW).state == "not measured"


def test_a_figure_speaks_for_itself():
    assert FLAGGED.sentence() == ("selection rate of age_band = 65+: 2.00 times the rest [1.50, 2.70], n = 90, flagged")
    assert replace(FEW, needs=21).sentence().endswith("too few to judge, needs 21 more (n = 9)")
    assert FEW.sentence() == "selection rate of age_band = 19-24: too few to judge (n = 9)"


@pytest.mark.parametrize("text", ["", "{}", '{"figures": [{"verdict": "fine"}]}', "[1]"])
def test_a_damaged_artifact_is_refused_with_what_to_do(text):
    with pytest.raises(DataError, match="regulars monitor"):
        FairnessResult.from_json(text)
