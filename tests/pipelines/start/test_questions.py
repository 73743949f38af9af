"""What a file can't tell is asked; nothing is guessed in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UsageError
from pipelines.sources.doubts import Answers, Doubt
from pipelines.sources.draft import draft
from pipelines.sources.number_style import Groups
from pipelines.start import questions

ZONE = Doubt("timezone", "Which zone?", "Europe/Berlin", "because")
HEADER = "order,customer,product,date,quantity,price"


def asked(*answers: str) -> questions.Ask:
    """Somebody who gives these answers, one after the other."""
    given: Iterator[str] = iter(answers)
    return lambda doubt: next(given)


def export(folder: Path, rows: list[str], header: str = HEADER) -> str:
    path = folder / "orders.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def lines(dates: list[str], price: str = "2.50") -> list[str]:
    return [f"{i},c{i % 3},p{i % 4},{day},1,{price}" for i, day in enumerate(dates)]


def test_an_empty_answer_takes_what_is_likely() -> None:
    assert questions.answer([ZONE], asked("")) == Answers(timezone="Europe/Berlin")


def test_an_answer_that_can_not_be_meant_is_asked_again() -> None:
    assert questions.answer([ZONE], asked("Europe/Berlln", "Europe/Paris")) == Answers(timezone="Europe/Paris")


def test_a_zone_may_be_said_in_words() -> None:
    answered = questions.answer([ZONE], asked("Eastern Time (US & Canada)"))
    assert answered == Answers(timezone="America/New_York")


def test_nobody_there_means_nothing_is_taken_silently() -> None:
    with pytest.raises(UsageError, match=r"most likely it is Europe/Berlin.*--yes"):
        questions.answer([ZONE], questions.refuse)


def test_a_sign_beside_the_amounts_tells_the_currency_and_makes_a_zone_likely(tmp_path: Path) -> None:
    drafted = draft(export(tmp_path, lines(["2024-03-01", "2024-03-02"] * 6, "£2.50")), tmp_path)
    assert [(doubt.about, doubt.likely) for doubt in drafted.doubts] == [("timezone", "Europe/London")]


def test_without_any_sign_the_currency_is_asked(tmp_path: Path) -> None:
    drafted = draft(export(tmp_path, lines(["2024-03-01", "2024-03-02"] * 6)), tmp_path)
    assert [doubt.about for doubt in drafted.doubts] == ["base_currency", "timezone"]


def test_a_column_that_names_the_zone_in_words_is_believed_and_not_asked_for(tmp_path: Path) -> None:
    rows = [f"{line},Pacific Time (US & Canada)" for line in lines(["2024-03-01"] * 9, "$2.50")]
    file = tmp_path / "till.csv"
    file.write_text("\n".join(["order,customer,product,ordered at,quantity,revenue,Time Zone", *rows]))
    drafted = draft(str(file), tmp_path)
    assert drafted.doubts == ()
    assert "timezone: America/Los_Angeles           # as the column Time Zone says" in drafted.text


def test_days_that_may_be_months_are_asked_and_the_answer_is_drafted(tmp_path: Path) -> None:
    dates = [f"{day:02d}/{month:02d}/2024" for day in (1, 4, 7) for month in (2, 5, 8)]
    place = export(tmp_path, lines(dates))
    [doubt] = [each for each in draft(place, tmp_path).doubts if each.about == "moment"]
    assert set(doubt.choices) == {"%d/%m/%Y", "%m/%d/%Y"}
    for choice in doubt.choices:
        assert f'format: "{choice}"' in draft(place, tmp_path, Answers(moment=choice)).text


def test_days_that_can_be_told_are_not_asked(tmp_path: Path) -> None:
    drafted = draft(export(tmp_path, lines([f"{day:02d}/02/2024" for day in range(1, 29)])), tmp_path)
    assert "moment" not in {doubt.about for doubt in drafted.doubts}


def test_what_was_answered_stands_in_the_mapping(tmp_path: Path) -> None:
    place = export(tmp_path, lines(["2024-03-01"] * 9))
    text = draft(place, tmp_path, Answers(timezone="Asia/Tokyo", base_currency="JPY")).text
    assert "timezone: Asia/Tokyo" in text
    assert "base_currency: JPY" in text
    assert "zone: Asia/Tokyo" in text


@pytest.mark.parametrize(("answer", "written"), [("thousands", 'thousands: "."'), ("decimals", "")])
def test_a_mark_before_three_digits_is_asked_where_no_price_tells_it(
    tmp_path: Path, answer: Groups, written: str
) -> None:
    place = export(tmp_path, lines(["2024-03-01"] * 9, "1.250"))
    [doubt] = [each for each in draft(place, tmp_path).doubts if each.about == "groups"]
    assert (doubt.likely, doubt.choices) == ("thousands", ("thousands", "decimals"))
    drafted = draft(place, tmp_path, Answers(groups=answer))
    assert written in drafted.text
    assert ("thousands:" in drafted.text) is bool(written)
    assert "groups" not in {each.about for each in drafted.doubts}


@pytest.mark.parametrize(("currency", "thousands"), [("JPY", True), ("KWD", False)])
def test_a_currency_without_decimals_or_with_three_tells_it(tmp_path: Path, currency: str, thousands: bool) -> None:
    rows = [f"{line},{currency}" for line in lines(["2024-03-01"] * 9, "1.250")]
    file = tmp_path / "yen.csv"
    file.write_text("\n".join(["order,customer,product,ordered at,quantity,revenue,currency", *rows]))
    drafted = draft(str(file), tmp_path)
    assert "groups" not in {each.about for each in drafted.doubts}
    assert ("thousands:" in drafted.text) is thousands
