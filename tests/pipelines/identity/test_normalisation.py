"""Keys in one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.identity.name_agreement import alike, distance
from pipelines.identity.normalisation import normaliser
from pipelines.sources.identity_form import KINDS, IdentityForm, IdentityKeys, MailRules


def form(**more: object) -> IdentityForm:
    return IdentityForm(tables={"orders": IdentityKeys()}, country="GB", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "text", "clean"),
    [
        ("email", " Anna.Smith+shop@GoogleMail.com ", "annasmith@gmail.com"),
        ("email", "mailto:<a.b@Example.com>", "a.b@example.com"),
        ("email", "a+b@example.com", "a+b@example.com"),
        ("email", "anna-news@yahoo.com", "anna@yahoo.com"),
        ("email", "none", None),
        ("email", "a@b", None),
        ("phone", "(020) 7946 0958", "+442079460958"),
        ("phone", "0044 20 7946 0958", "+442079460958"),
        ("phone", "+49 30 901820", "+4930901820"),
        ("phone", "00000000", None),
        ("phone", "020 7946 0958 ext. 3", "+442079460958"),
        ("phone", "12", None),
        ("card", "ab-12 34", "AB1234"),
        ("card", "0000", None),
        ("name", "Müller, Dr. Anna", "anna muller"),
        ("name", "O\u2019Brien  PAT", "obrien pat"),
        ("name", "N/A", None),
        ("name", "王小明", "王小明"),
        ("address", "12 Main Street, LS1 4AB", "12 main st ls1 4ab"),
        ("address", "Hauptstraße 5", "hauptstr 5"),
        ("address", "-", None),
    ],
)
def test_what_is_the_same_is_spelled_alike(kind: str, text: str, clean: str | None) -> None:
    assert normaliser(kind, form())(text) == clean


def test_dots_and_tags_are_options() -> None:
    kept = form(mail=MailRules(dots=False, tags=False))
    assert normaliser("email", kept)("Anna.S+x@gmail.com") == "anna.s+x@gmail.com"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(text=st.text(max_size=30) | st.text("ab.+-@gmail.com 019'ß", max_size=20) | st.emails())
def test_normalising_twice_is_normalising_once(kind: str, text: str) -> None:
    clean = normaliser(kind, form())
    if (once := clean(text)) is not None:
        assert clean(once) == once


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("anna smith", "anna smith", True),
        ("anna smith", "ana smith", True),
        ("anna smith", "a smith", True),
        ("anna smith", "smith anna", True),
        ("anna maria smith", "anna smith", True),
        ("anna smith", "annasmith", True),
        ("anna smith", "john smith", False),
        ("anna smith", "anna jones", False),
        ("anna smith", "smith", False),
        ("tim lee", "tom lee", True),
    ],
)
def test_names_agree_but_for_typing_errors_and_initials(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same is alike(other, one)


def test_a_distance_counts_letters() -> None:
    assert [distance("anna", other) for other in ("anna", "ana", "nana", "annab", "otto")] == [0, 1, 1, 1, 4]
    assert distance("anna", "bernhard", 2) > 2
