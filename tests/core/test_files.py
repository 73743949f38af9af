"""Files are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import did_you_mean, nearest
from core.files import create_once, replace_directory, replacing, sha256, staging_directory, write_atomically


def test_a_write_replaces_the_whole_content(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file"
    write_atomically(path, "long content")
    write_atomically(path, "short", mode=0o600)
    assert path.read_text() == "short"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")

    def crash(_self: Path, _target: Path) -> None:
        raise OSError("no")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="no"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_takes_the_place_of_another(tmp_path: Path) -> None:
    target = tmp_path / "model"
    for content in ("one", "two"):
        with staging_directory(target) as staging:
            (staging / "file").write_text(content)
            replace_directory(staging, target)
    assert (target / "file").read_text() == "two"
    assert list(tmp_path.iterdir()) == [target]


def test_a_directory_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    def fill_half() -> None:
        with staging_directory(tmp_path / "model") as staging:
            (staging / "file").write_text("half")
            raise OSError("no")

    with pytest.raises(OSError, match="no"):
        fill_half()
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_fails_half_way_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    write_atomically(path, "old")

    def write_half() -> None:
        with replacing(path) as staged:
            staged.write_text("half")
            raise OSError("no")

    with pytest.raises(OSError, match="no"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_allows_no_more_than_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomically(tmp_path / "file", "mine")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_the_first_of_two_writers_wins(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    create_once(path, "first", mode=0o600)
    create_once(path, "second", mode=0o600)
    assert path.read_text() == "first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_hash_is_the_known_one(tmp_path: Path) -> None:
    write_atomically(tmp_path / "abc", "abc")
    assert sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea")


def test_the_nearest_name_is_found_whatever_the_case() -> None:
    assert nearest("Custmer_ID", ["order_id", "customer_id"]) == "customer_id"
    assert nearest("zzz", ["order_id"]) is None
    assert nearest("005", ["0095", "0005", "0055"]) == "0005"
    assert did_you_mean("zzz", ["b", "a"]) == "there is: a, b"
