from pathlib import Path

import pytest

from core.errors import StoreError
from models import artifact


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    target = tmp_path / "model"
    with artifact.saving(target) as directory:
        artifact.write_json(directory / "model.json", {"a": 1})
        (directory / "inner").mkdir()
        (directory / "inner" / "trees.ubj").write_bytes(b"trees")
    return target


def test_what_was_sealed_verifies(saved: Path) -> None:
    artifact.verify(saved)
    assert artifact.read_json(saved / "model.json") == {"a": 1}


@pytest.mark.fault(
    "registry and models", "an artifact bit-flipped, truncated, or with a file too many", "refused, the file is named"
)
def test_a_changed_a_missing_and_an_added_file_are_named(saved: Path) -> None:
    trees = saved / "inner" / "trees.ubj"
    trees.write_bytes(b"other")
    with pytest.raises(StoreError, match=r"inner/trees\.ubj is changed"):
        artifact.verify(saved)
    trees.unlink()
    with pytest.raises(StoreError, match=r"inner/trees\.ubj is missing"):
        artifact.verify(saved)
    trees.write_bytes(b"trees")
    (saved / "more.json").write_text("{}")
    with pytest.raises(StoreError, match=r"more\.json is not in the manifest"):
        artifact.verify(saved)


@pytest.mark.fault("registry and models", "a manifest damaged or gone", "refused")
def test_a_damaged_or_missing_manifest_is_refused(saved: Path) -> None:
    (saved / artifact.MANIFEST).write_text("{")
    with pytest.raises(StoreError, match=r"manifest\.json can't be read"):
        artifact.verify(saved)
    (saved / artifact.MANIFEST).unlink()
    with pytest.raises(StoreError, match=r"manifest\.json can't be read"):
        artifact.verify(saved)


def test_a_pickle_is_never_part_of_a_saved_model(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"model\.pkl can't be part"),
        artifact.saving(tmp_path / "model") as directory,
    ):
        (directory / "model.pkl").write_bytes(b"")


def test_a_failed_save_leaves_the_old_model_and_no_rubbish(saved: Path) -> None:
    def fail() -> None:
        with artifact.saving(saved) as directory:
            artifact.write_json(directory / "model.json", {"a": 2})
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        fail()
    artifact.verify(saved)
    assert artifact.read_json(saved / "model.json") == {"a": 1}
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("name", ["../outside.json", "/etc/passwd", "evil.pkl", "link.json", "linked/inner.json"])
@pytest.mark.fault(
    "registry and models",
    "a hostile artifact: a path out of its folder, a link, a pickle",
    "refused; nothing outside is read, nothing in it runs",
)
def test_a_hostile_manifest_reaches_nothing_outside_and_runs_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside.json").write_text("{}")
    (folder / "evil.pkl").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    (folder / "linked").symlink_to(tmp_path)
    artifact.write_json(folder / artifact.MANIFEST, {"format": artifact.FORMAT, "files": {name: "0" * 64}})
    with pytest.raises(StoreError, match="can't be part of a saved model"):
        artifact.verify(folder)
