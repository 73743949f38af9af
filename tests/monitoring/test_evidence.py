"""The evidence of a version is one archive that tells all, checks itself, and says nothing of a customer."""

import json
import zipfile

import pandas as pd
import pytest

from core.actors import of_account
from core.errors import DataError, UsageError
from models.registry import Registry
from pipelines import evidence_archive
from tests.monitoring.test_audit_walk import regulars


@pytest.fixture
def archive(shop, tmp_path):
    path = tmp_path / "churn-1.zip"
    evidence_archive.export(shop, "churn", "champion", path, of_account("ana"))
    return path


def read(archive, name):
    with zipfile.ZipFile(archive) as opened:
        return opened.read(name).decode()


def rewrite(archive, name, content):
    """The archive with another content of one file; None takes it out."""
    with zipfile.ZipFile(archive) as opened:
        files = {each: opened.read(each) for each in opened.namelist()}
    files[name] = content
    with zipfile.ZipFile(archive, "w") as opened:
        for each, text in files.items():
            if text is not None:
                opened.writestr(each, text)


def test_it_tells_all_that_a_decision_rests_on(shop, archive):
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
    assert {"lineage.json", "schema.json", "version.json", "card.md", "card.html", "card.json", "audit.json"} <= names
    assert {"run/record.json", "run/fairness.json", "run/tuning/trials.csv", "drift-since-training.json"} <= names
    (look,) = json.loads(read(archive, "drift-since-training.json"))
    assert look["drift"]["columns"]
    assert [entry["action"] for entry in json.loads(read(archive, "audit.json"))] == ["train", "promote"]
    assert json.loads(read(archive, "seal.json"))["problems"] == []
    card = json.loads(read(archive, "card.json"))
    assert card["model_details"]["name"] == "churn"
    assert any("confidence_interval" in each for each in card["quantitative_analysis"]["performance_metrics"])


def test_it_proves_that_no_protected_attribute_is_among_the_features(archive):
    lineage = json.loads(read(archive, "lineage.json"))
    assert lineage["protected"]["attributes"]
    assert lineage["protected"]["none_is_a_feature"]
    assert lineage["columns_read"]


def test_no_file_names_a_customer(shop, archive):
    frames = [pd.read_parquet(path, columns=["customer_id"]) for path in shop.tables.files("orders")]
    ids = set(pd.concat(frames)["customer_id"].dropna())
    with zipfile.ZipFile(archive) as opened:
        words = {word for name in opened.namelist() for word in _words(opened.read(name))}
    assert len(ids) > 300
    assert not ids & words


def _words(content: bytes) -> set[str]:
    import re

    return set(re.findall(r"[\w\-]+", content.decode("utf-8", "ignore")))


def test_an_archive_as_it_was_exported_is_in_order(shop, archive):
    code, said = regulars(shop, "audit", "verify", "--evidence", str(archive))
    assert (code, said["ok"], said["subject"]) == (0, True, "churn/1")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run/fairness.json", "{}", "run/fairness.json was changed"),
        ("audit.json", None, "audit.json is gone"),
        ("more.json", "{}", "more.json was added"),
    ],
)
def test_a_changed_archive_is_named_by_file(shop, archive, name, content, said):
    rewrite(archive, name, content)
    code, found = regulars(shop, "audit", "verify", "--evidence", str(archive))
    assert (code, found["problems"]) == (1, [said])


def test_a_manifest_that_was_rewritten_with_its_files_is_none_that_the_log_knows(shop, archive):
    manifest = json.loads(read(archive, "manifest.json"))
    rewrite(archive, "audit.json", "[]")
    manifest["files"]["audit.json"] = evidence_archive.digest("[]")
    rewrite(archive, "manifest.json", json.dumps(manifest))
    assert "tells of no export of this manifest" in str(evidence_archive.problems(shop, archive)[1])


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04"])
def test_what_is_no_archive_is_said_in_words(shop, tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DataError, match="no archive of evidence"):
        evidence_archive.problems(shop, tmp_path / "x.zip")


def test_an_output_that_is_no_zip_is_refused(shop, tmp_path):
    for output in (tmp_path / "a.tar", tmp_path / "nowhere" / "a.zip"):
        with pytest.raises(UsageError, match="can't be written"):
            evidence_archive.export(shop, "churn", "1", output, of_account("ana"))
    assert Registry(shop).version("churn", "1").version == "1"
