"""Persons follow from links, whatever their order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.identity.links import Link
from pipelines.identity.persons import known_by, persons

NODES = st.sampled_from([*"abcdefgh"])
PAIRS = st.tuples(NODES, NODES).filter(lambda pair: pair[0] < pair[1])
LINKS = st.lists(
    st.builds(lambda pair, rank: Link(rank, *pair, "email"), PAIRS, st.sampled_from([1.0, 2.0, 10.5])), max_size=12
)


@given(links=LINKS, data=st.data())
def test_being_one_person_is_an_equivalence_that_no_order_changes(links: list[Link], data: st.DataObject) -> None:
    groups = persons(links).groups()
    assert len({node for group in groups for node in group}) == sum(map(len, groups))
    found = persons(links)
    assert all(found.root(link.one) == found.root(link.other) for link in links)
    assert persons(data.draw(st.permutations(links))).groups() == groups


@given(links=LINKS, apart=st.sets(PAIRS, max_size=3), same=st.sets(PAIRS, max_size=2))
def test_no_link_joins_what_is_apart(
    links: list[Link], apart: set[tuple[str, str]], same: set[tuple[str, str]]
) -> None:
    found = persons(links, same=same, apart=apart)
    assert all(found.root(one) != found.root(other) for one, other in apart)
    if not apart:
        assert all(found.root(one) == found.root(other) for one, other in same)


def test_of_two_links_that_exclude_each_other_the_stronger_holds() -> None:
    links = [Link(2.2, "a", "b", "phone"), Link(2.0, "b", "c", "card")]
    assert persons(links, apart=[("a", "c")]).groups() == [["b", "c"]]


def test_a_person_is_known_by_the_lowest_id_of_the_shops_own() -> None:
    guest = f"guest-{'0' * 20}"
    found = known_by([["12", "7", guest, "crm:1"], ["crm:2", guest.replace("0", "1")]], foreign={"crm:1", "crm:2"})
    assert found["12"] == found[guest] == "7"
    assert found[guest.replace("0", "1")] == "crm:2"
