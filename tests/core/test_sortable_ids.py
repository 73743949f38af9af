"""Ids are unique in every thread and process, and sort by the time they were made."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

from core.sortable_ids import BLOCK, new_id


def test_no_two_are_the_same_in_any_thread() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [each for ids in pool.map(lambda _: [new_id() for _ in range(2 * BLOCK)], range(8)) for each in ids]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in made)


def test_later_ones_sort_behind() -> None:
    first, second = new_id(), new_id()
    assert first[:12] <= second[:12]
    assert first[12:] != second[12:]


def test_a_process_that_was_forked_off_gives_others() -> None:
    new_id()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, "".join(new_id()[12:] for _ in range(3)).encode())
        os._exit(0)
    own = {new_id()[12:] for _ in range(3)}
    os.waitpid(child, 0)
    told = os.read(reading, 60).decode()
    assert not own & {told[at : at + 20] for at in (0, 20, 40)}
    os.close(reading)
    os.close(writing)
