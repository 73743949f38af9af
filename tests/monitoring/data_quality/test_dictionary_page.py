"""The page of the dictionary holds every field, on the desk and as a file of its own, and escapes what is written."""

from __future__ import annotations

from core.workspace import Workspace
from feature_repo import catalog
from monitoring.data_quality import data_dictionary
from monitoring.data_quality.data_dictionary import SourceNote
from monitoring.desk import dictionary_page
from monitoring.desk.render import Templates


def test_the_page_names_every_field_and_needs_nothing_from_elsewhere(small_shop: Workspace) -> None:
    note = SourceNote("products", "products.csv", {"product_id": "sku", "name": "<b>Title</b>"}, "Ada & Co")
    data_dictionary.keep_notes(small_shop, [note])
    page = dictionary_page.build(small_shop)
    file = dictionary_page.standalone(small_shop, page.found)
    for text in (Templates(small_shop).render("dictionary.html", page), file):
        assert all(f.name in text for name in catalog.VIEWS for f in catalog.view(name).features)
        assert "&lt;b&gt;Title&lt;/b&gt;" in text
        assert "Ada &amp; Co" in text
        assert "<script" not in text
    assert "src=" not in file
    assert 'rel="stylesheet"' not in file
    assert "protected" not in {section.name for section in page.found.sections}
