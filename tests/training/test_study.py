from pathlib import Path

import optuna
import pytest
import sqlalchemy as sa

from core.errors import NotReady, UsageError
from core.settings import Settings
from core.workspace import Workspace
from models.kinds import Budget
from tests.support.postgres import new_database
from tests.support.shop import empty_workspace
from training import study, study_storage


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, Settings())


def bowl(trial: optuna.Trial) -> float:
    return (trial.suggest_float("x", -5, 5) - 2) ** 2 + (trial.suggest_float("y", -5, 5) + 1) ** 2


def tune(workspace: Workspace, trials: int, timeout: float = 900, **options: object) -> study.Tuned:
    objective, budget = options.pop("objective", bowl), Budget(trials, timeout)
    return study.run(workspace, "bowl", objective, budget, depends_on={"data": 1}, **options)


def test_a_study_stopped_and_resumed_finds_what_one_without_a_stop_finds(tmp_path: Path) -> None:
    whole = tune(Workspace(tmp_path / "a", Settings()), 14)
    resumed = Workspace(tmp_path / "b", Settings())
    for trials in (3, 9, 14):
        last = tune(resumed, trials)
    assert last.best.params == whole.best.params
    assert len(last.study.trials) == 14


def test_a_trial_that_was_killed_changes_nothing(tmp_path: Path, workspace: Workspace) -> None:
    def killed(trial: optuna.Trial) -> float:
        bowl(trial)
        if len(trial.study.get_trials(deepcopy=False)) == 6:
            raise KeyboardInterrupt
        return bowl(trial)

    with pytest.raises(KeyboardInterrupt):
        tune(workspace, 12, objective=killed)
    whole = tune(Workspace(tmp_path / "other", Settings()), 12)
    assert tune(workspace, 12).best.params == whole.best.params


def test_a_half_written_journal_is_mended(workspace: Workspace) -> None:
    tune(workspace, 3)
    journal = workspace.tuning_dir / "journal.log"
    journal.write_bytes(journal.read_bytes() + b'{"op_code": 4, "worker')
    assert tune(workspace, 5).trials == 5


def test_a_smaller_budget_asks_for_the_best_within_it(workspace: Workspace) -> None:
    small = tune(workspace, 4).best.params
    tune(workspace, 20)
    assert tune(workspace, 4).best.params == small


def test_the_first_parameters_are_tried_first(workspace: Workspace) -> None:
    tuned = tune(workspace, 2, first=[{"x": 2.0, "y": -1.0}])
    assert tuned.best.params == {"x": 2.0, "y": -1.0}
    assert tuned.best.number == 0


def test_changed_data_start_a_new_study(workspace: Workspace) -> None:
    one = study.run(workspace, "bowl", bowl, Budget(2, 900), depends_on={"data": 1})
    other = study.run(workspace, "bowl", bowl, Budget(2, 900), depends_on={"data": 2})
    assert one.study.study_name != other.study.study_name


def test_the_time_limit_stops_before_the_next_trial(workspace: Workspace) -> None:
    assert tune(workspace, 1).trials == 1
    assert tune(workspace, 50, timeout=0).trials == 1


def test_no_time_for_a_single_trial_is_said(workspace: Workspace) -> None:
    with pytest.raises(NotReady, match="time ran out"):
        tune(workspace, 5, timeout=-1)


def test_a_budget_of_nothing_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="0 trials"):
        tune(workspace, 0)


def test_trials_without_a_value_are_not_called_a_lack_of_time(workspace: Workspace) -> None:
    with pytest.raises(NotReady, match="none of the 2 trials gave a value"):
        study.run(workspace, "nothing", lambda _trial: float("nan"), Budget(2, 60), depends_on={})


def test_a_variable_in_the_storage_s_address_is_filled_in(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database(postgres_url)
    user = sa.make_url(url).username
    assert user is not None
    monkeypatch.setenv("OPTUNA_USER", user)
    stores = {"optuna": url.replace(f"//{user}", "//${OPTUNA_USER}", 1).replace("+psycopg", "", 1)}
    workspace = empty_workspace(tmp_path / "workspace", stores=stores)
    assert study_storage.opened(workspace).get_all_studies() == []
