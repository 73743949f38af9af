"""What waits on disk comes back once, whatever happened to the process or the disk meanwhile."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import spool as spool_module
from core.spool import Full, Spool

RECORDS = [b'{"n": %d}' % number for number in range(5)]


def all_of(spool: Spool) -> list[bytes]:
    found: list[bytes] = []
    while spool.replay(found.extend, 2):
        pass
    return found


def test_what_was_kept_comes_back_in_order_and_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 10_000)
    spool.append(RECORDS[:3])
    spool.append(RECORDS[3:])
    assert all_of(spool) == RECORDS
    assert all_of(spool) == []
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_is_taken_only_in_part_comes_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 10_000)
    spool.append(RECORDS)

    def fails(_: list[bytes]) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        spool.replay(fails, 2)
    assert all_of(Spool(tmp_path, 10_000)) == RECORDS


def test_what_another_process_still_writes_is_left_to_it(tmp_path: Path) -> None:
    living = Spool(tmp_path, 10_000)
    living.append(RECORDS)
    assert all_of(Spool(tmp_path, 10_000)) == []
    living.release()
    assert all_of(Spool(tmp_path, 10_000)) == RECORDS


@given(cut=st.integers(0, 80), flipped=st.integers(0, 79))
@pytest.mark.fault("disk", "a file of waiting predictions cut or damaged", "what is whole is logged, the rest left out")
def test_a_damaged_file_gives_only_what_is_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flipped: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, 10_000)
    spool.append(RECORDS)
    spool.release()
    (segment,) = folder.glob("*.spool")
    content = bytearray(segment.read_bytes()[:cut])
    if flipped < len(content):
        content[flipped] ^= 1
    segment.write_bytes(content)
    found = all_of(spool)
    assert set(found) <= set(RECORDS)
    assert len(found) == len(set(found))


def test_more_than_may_wait_is_refused_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 60)
    spool.append(RECORDS[:2])
    with pytest.raises(Full):
        spool.append(RECORDS[2:])
    assert all_of(spool) == RECORDS[:2]


def test_a_disk_that_fills_up_keeps_no_half_of_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, 10_000)
    spool.append(RECORDS[:1])
    write = os.write

    def half(file: int, content: memoryview) -> int:
        if len(content) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, content[: len(content) // 2])

    with monkeypatch.context() as patched:
        patched.setattr(spool_module.os, "write", half)
        with pytest.raises(OSError, match="No space"):
            spool.append(RECORDS[1:])
    spool.append(RECORDS[4:])
    assert all_of(spool) == [RECORDS[0], RECORDS[4]]
