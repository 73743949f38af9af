"""The encoding of a file is found from its bytes, also where few of them tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.sources.encodings import detect

AMOUNTS = "Item;Price\n" + "".join(f"Rosé {n};£{n}.50\nCafé;-£7\n" for n in range(1, 40))
EUROS = "Artikel;Preis\n" + "".join(f"Käse {n};{n},50 €\n" for n in range(1, 40))
CHINESE = "订单编号,宝贝标题\n" + "".join(f"{n},日本直邮 {n}件 交易成功\n" for n in range(20_000))
KOREAN = "주문,이름,금액\n" + "".join(f"{n},가나다 {n},{n}.00\n" for n in range(200))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (AMOUNTS, "cp1252"),
        (AMOUNTS, "iso8859-15"),
        (EUROS, "cp1252"),
        (EUROS, "iso8859-15"),
        (CHINESE, "gb18030"),
        (KOREAN, "utf-16-le"),
        (KOREAN, "utf-16-be"),
        (KOREAN, "utf-16"),
    ],
)
def test_what_it_reads_is_what_was_written(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "orders.csv").write_bytes(text.encode(encoding))
    found = detect(tmp_path / "orders.csv")
    assert (tmp_path / "orders.csv").read_bytes().decode(found.name) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Nº pedido;Fecha;Importe\n1;2025;3\n", "cp1252"),
        ("Nº pedido;Artículo\n1;Taza\n", "cp1252"),
        ("Año;Señal\n1;Niño\n2;Muñoz\n", "cp1252"),
        ("Numer zamówienia;Data złożenia\n1;2025\n", "cp1250"),
        ("Objednávka;Částka;Zboží\n1;2;Hrníček\n", "cp1250"),
        ("Заказ;Дата\n1;2\n", "cp1251"),
    ],
)
def test_a_few_words_are_of_one_language(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "orders.csv").write_bytes(text.encode(encoding))
    found = detect(tmp_path / "orders.csv")
    assert (tmp_path / "orders.csv").read_bytes().decode(found.name) == text


def test_a_letter_cut_in_two_where_the_look_ends_does_not_hide_the_encoding(tmp_path: Path) -> None:
    for more in range(4):
        (tmp_path / "orders.csv").write_bytes(("x" * more + CHINESE).encode("gb18030"))
        assert detect(tmp_path / "orders.csv").name == "gb18030"
