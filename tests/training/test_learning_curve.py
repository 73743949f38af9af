"""What more rows bring, as a run keeps it."""

from training import learning_curve

LOSSES = {100: 0.9, 200: 0.7, 400: 0.69, 800: 0.5}


def test_it_goes_on_until_twice_the_rows_gain_less_than_is_asked() -> None:
    curve = learning_curve.measure(LOSSES, LOSSES.__getitem__, 0.05, loss="log_loss", on="later rows")
    assert [count for count, _ in curve.points] == [100, 200, 400]
    assert curve.enough == 400
    assert curve.says == "From 400 rows on, twice as many gain less than 0.05 in log loss."


def test_where_a_loss_rises_the_fewer_rows_are_enough() -> None:
    curve = learning_curve.measure([100, 200], {100: 0.5, 200: 0.6}.__getitem__, 0.05, loss="log_loss", on="it")
    assert curve.enough == 100


def test_counts_are_doubled_as_long_as_there_are_more_rows() -> None:
    assert list(learning_curve.doubled(100, 800)) == [100, 200, 400]
    assert list(learning_curve.doubled(100, 100)) == []


def test_a_curve_measured_whole_says_what_fewer_rows_would_have_cost() -> None:
    curve = learning_curve.told([(100, 0.9), (400, 0.7)], loss="WRMSSE", on="past windows")
    assert curve.says == "With 100 rows instead of 400 WRMSSE on past windows was 0.9000 instead of 0.7000."
    assert curve.tables()[learning_curve.TABLE].splitlines() == ["rows,WRMSSE", "100,0.9", "400,0.7"]
    assert curve.plots()[learning_curve.PICTURE].axes[0].get_ylabel() == "WRMSSE on past windows"


def test_too_few_rows_are_said_to_be_and_draw_nothing() -> None:
    curve = learning_curve.told([], loss="WRMSSE", on="past windows")
    assert "too few rows" in curve.says
    assert curve.plots() == curve.tables() == {}
