"""The evidence of a version: one archive with all that a decision on it rests on, and its check years later.

`manifest.json` names every other file with its SHA-256 and the head of the audit log; an entry of the log keeps the
manifest's own hash, so that a changed archive, and one that this workspace never wrote, are found. It holds figures of
groups and names of columns and products; nothing of a customer (golden inputs are made up).
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from core import utc
from core.actors import Actor
from core.audit import AuditLog
from core.errors import DataError, UsageError
from core.files import replacing
from core.seals import digest
from core.workspace import Workspace, of_one_generation
from feature_repo import catalog, lineage
from feature_repo.contract import TABLES
from models import model_card, model_card_json, stored_files, version_seal
from models.artifact_cache import MODEL
from models.registry import Registry
from models.version import Version
from monitoring import protected
from monitoring.summary import Summaries

MANIFEST: Final = "manifest.json"
ACTION: Final = "export evidence"
README: Final = Path(__file__).parent / "evidence_readme.md"
_MOST_BYTES: Final = 200_000_000
"""An archive of ours takes a few megabytes: nothing larger is unpacked."""


@dataclass(frozen=True)
class ExportedEvidence:
    """What was written, and what the log keeps of it."""

    subject: str
    output: Path
    files: int
    manifest: str
    head: str


@of_one_generation
def export(workspace: Workspace, kind: str, name: str, output: Path, who: Actor) -> ExportedEvidence:
    """Write the archive of a version, and an entry of the log about it.

    Raises:
        UsageError: no such version, or `output` is no .zip in a folder that is there.
        StoreError: a store does not answer.
    """
    if output.suffix != ".zip" or not output.parent.is_dir():
        raise UsageError(f"--output {output} can't be written", todo="name a .zip file in a folder that is there")
    registry = Registry(workspace)
    version, log = registry.version(kind, name), AuditLog(workspace)
    files = {
        name: content.encode() if isinstance(content, str) else content
        for name, content in _files(registry, version).items()
    }
    manifest = {
        "model": version.kind,
        "version": version.version,
        "made_at": utc.text(),
        "audit_head": log.head(),
        "files": {name: digest(content) for name, content in sorted(files.items())},
    }
    text = _json(manifest)
    with replacing(output) as staged, zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in [(MANIFEST, text.encode()), *sorted(files.items())]:
            archive.writestr(zipfile.ZipInfo(each, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    details = {"manifest": digest(text), "head": manifest["audit_head"], "files": len(files), "by": who.as_dict()}
    log.append(ACTION, who.name, version.subject, details)
    return ExportedEvidence(version.subject, output, len(files), digest(text), str(manifest["audit_head"]))


def problems(workspace: Workspace, archive: Path) -> tuple[str, list[str]]:
    """The subject of an archive (`churn/3`), and in words what is wrong with it; nothing where all is as exported.

    Raises:
        DataError: it is no archive of evidence.
    """
    text, manifest, found = _read(archive)
    subject = f"{manifest['model']}/{manifest['version']}"
    listed: dict[str, str] = manifest["files"]
    wrong = [f"{name} was changed" for name in listed if name in found and found[name] != listed[name]]
    wrong += [f"{name} is gone" for name in listed if name not in found]
    wrong += [f"{name} was added" for name in found if name not in listed]
    log = AuditLog(workspace)
    chain = log.verify(manifest["audit_head"])
    if not chain.intact:
        wrong.append(f"the audit log is broken at entry {chain.broken}: {chain.reason}")
    exports = [entry for entry in log.entries(subject) if entry.action == ACTION]
    if digest(text) not in [entry.details["manifest"] for entry in exports]:
        wrong.append("the audit log tells of no export of this manifest: it was changed, or made elsewhere")
    return subject, wrong


def _files(registry: Registry, version: Version) -> dict[str, str | bytes]:
    """Every file but the manifest."""
    workspace = registry.workspace
    fairness, facts = registry.fairness(version), json.loads(registry.read_text(version, model_card.RECORD))
    cards = model_card.render(facts, fairness)
    return {
        "README.md": README.read_text(encoding="utf-8"),
        "lineage.json": _json(_lineage(workspace, version, facts)),
        "schema.json": _json(_schema(workspace)),
        "version.json": _json(dict(version.tags) | {"aliases": version.aliases, "run_id": version.run_id}),
        "card.json": model_card_json.render(facts, fairness, version.version),
        "drift-since-training.json": _json(_looks(workspace, version)),
        "audit.json": _json(_entries(workspace, version)),
        "seal.json": _json(asdict(version_seal.look(registry, version))),
        **{
            f"run/{name}": content
            for name, content in stored_files.contents(workspace, registry.artifacts(version)).items()
        },
        **_golden(registry.fetch(version) / MODEL),
        **cards,
    }


def _lineage(workspace: Workspace, version: Version, facts: dict[str, Any]) -> dict[str, Any]:
    """Where the features come from, and that no protected attribute is among them."""
    columns = lineage.readers(tuple(workspace.settings.demand.series))
    attributes = protected.attributes(workspace)
    features = [each["name"] for each in facts["features"]]
    touched = sorted({table for table, _ in columns})
    return {
        "data_digest": version.data_digest,
        "code_version": version.tags["code_version"],
        "facts_before": version.as_of,
        "feature_service": version.tags["service"],
        "views": list(catalog.SERVICES.get(version.tags["service"], ())),
        "features": features,
        "columns_read": [{"table": t, "column": c, "families": list(families)} for (t, c), families in columns.items()],
        "protected": {
            "attributes": attributes,
            "kept_in": "protected/, apart from the tables; monitoring/protected.py alone reads it",
            "tables_that_features_read": touched,
            "features_named_like_an_attribute": sorted(set(features) & set(attributes)),
            "none_is_a_feature": "protected" not in touched and not set(features) & set(attributes),
        },
    }


def _schema(workspace: Workspace) -> list[dict[str, Any]]:
    tables = workspace.tables
    return [
        asdict(tables.entry(name))
        | {"table": name, "files": len(tables.files(name))}
        | {
            "columns": [
                {"name": column.name, "type": column.type, "means": column.description}
                for column in TABLES[name].columns
            ]
        }
        for name in tables.names()
        if name in TABLES
    ]


def _looks(workspace: Workspace, version: Version) -> list[dict[str, Any]]:
    """What each monitoring run said of the version; never of forecasts that wait, which are of no matter here."""
    found = []
    for run in Summaries(workspace).history(last=10_000):
        for model in run.as_document()["models"]:
            if model["kind"] == version.kind and model["version"] == version.version:
                found.append({"as_of": run.as_of, "at": run.at} | {k: v for k, v in model.items() if k != "waiting"})
    return found


def _entries(workspace: Workspace, version: Version) -> list[dict[str, Any]]:
    """Its training, approvals, refusals and releases, in order, with their links of the chain."""
    return [asdict(entry) for entry in AuditLog(workspace).entries(version.subject)]


def _golden(model: Path) -> dict[str, bytes]:
    paths = sorted(path for path in model.rglob("golden*") if path.is_file())
    return {f"golden/{path.relative_to(model).as_posix()}": path.read_bytes() for path in paths}


def _read(archive: Path) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The manifest, as text and read, and the hashes of the other files."""
    try:
        with zipfile.ZipFile(archive) as opened:
            if sum(each.file_size for each in opened.infolist()) > _MOST_BYTES:
                raise ValueError("it is too large")
            names = [name for name in opened.namelist() if name != MANIFEST]
            text = opened.read(MANIFEST).decode()
            found = {str(PurePosixPath(name)): digest(opened.read(name)) for name in names}
        manifest = json.loads(text)
        if not {"model", "version", "audit_head", "files"} <= set(manifest):
            raise ValueError("its manifest lacks a field")
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{archive} is no archive of evidence", why=str(error)) from error
    return text, manifest, found


def _json(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, default=_plain) + "\n"


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
