"""What can be asked of object storage: which objects are there, and their content.

Credentials come from the environment. S3 and servers that speak as it does are reached through boto3, other schemes by
their drivers of fsspec; each is loaded only where a mapping names one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from core.errors import DataError, MappingError, RegularsError, UsageError, did_you_mean

S3 = "s3"
_DRIVERS = {
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "http": "aiohttp",
    "https": "aiohttp",
}
_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AZURE_STORAGE_ACCOUNT_KEY")
_MARKS = ("ETag", "etag", "md5Hash", "Content-MD5", "Digest", "mtime", "updated", "last_modified", "LastModified")
"""What the drivers call what changes with an object's content."""
_WILD = re.compile(r"[*?\[]")
_NEAR = 1000


@dataclass(frozen=True)
class StoredObject:
    """An object: its address, how many bytes it has, and what changes with its content (None: nothing does)."""

    url: str
    size: int
    mark: str | None

    @property
    def label(self) -> str:
        """How messages call it: without what may be a secret."""
        return shown(self.url)


class ObjectStore(Protocol):
    """Where objects lie."""

    def find(self, url: str) -> list[StoredObject]:
        """Those that a URL names, alone or by a pattern; none where a pattern fits none.

        Raises:
            RegularsError: there is no such object or bucket, it may not be read, or the storage does not answer.
        """
        ...

    def fetch(self, stored: StoredObject, target: Path) -> None:
        """Write its content to a file."""
        ...


def is_object(text: str) -> bool:
    """Whether a place is one of object storage."""
    return urlsplit(text).scheme.lower() in {S3, *_DRIVERS} and "://" in text


def is_object_pattern(text: str) -> bool:
    """Whether it stands for several; in a web address `?` begins a query."""
    return is_object(text) and not text.lower().startswith("http") and bool(_WILD.search(text))


def store_of(url: str, where: str, endpoint: str = "") -> ObjectStore:
    """The storage behind a URL; `endpoint` is the address of an S3-compatible server.

    Raises:
        UsageError: its driver is not installed.
    """
    scheme = urlsplit(url).scheme.lower()
    return _S3(where, endpoint) if scheme == S3 else _ByDriver(scheme, where)


def shown(url: str) -> str:
    """A URL without password and query, either of which may be a secret."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme.lower().startswith("http") else url


class _S3:
    """Amazon S3, or a server that speaks as it does."""

    def __init__(self, where: str, endpoint: str) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise _no_driver("s3://", "boto3", where) from None
        self.where = where
        settings = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 3})
        region = None if os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") else "us-east-1"
        with self._said(endpoint or "s3://"):
            self.client: Any = boto3.client(S3, endpoint_url=endpoint or None, region_name=region, config=settings)

    def find(self, url: str) -> list[StoredObject]:
        bucket, key = self._parts(url)
        with self._said(url):
            wild = _WILD.search(key)
            prefix = key[: wild.start()] if wild else key
            listed = self._listed(bucket, prefix)
            if not wild:
                exact = [one for one in listed if one.url == f"s3://{bucket}/{key}"]
                return exact or self._refuse_missing(bucket, key)
            fits = re.compile(_pattern(key))
            return [one for one in listed if fits.fullmatch(self._parts(one.url)[1])]

    def fetch(self, stored: StoredObject, target: Path) -> None:
        bucket, key = self._parts(stored.url)
        with self._said(stored.url), target.open("wb") as file:
            body = self.client.get_object(Bucket=bucket, Key=key, IfMatch=stored.mark)["Body"]
            for block in body.iter_chunks(1 << 20):
                file.write(block)

    def _listed(self, bucket: str, prefix: str) -> list[StoredObject]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            StoredObject(f"s3://{bucket}/{one['Key']}", one["Size"], one["ETag"])
            for page in pages
            for one in page.get("Contents", [])
            if not one["Key"].endswith("/")
        ]

    def _refuse_missing(self, bucket: str, key: str) -> list[StoredObject]:
        folder = key.rpartition("/")[0]
        found = self.client.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/" if folder else "", MaxKeys=_NEAR)
        near = [one["Key"] for one in found.get("Contents", [])]
        raise MappingError(f"there is no object s3://{bucket}/{key}", where=self.where, todo=_one_of(key, near))

    def _parts(self, url: str) -> tuple[str, str]:
        bucket, _, key = url.partition("://")[2].partition("/")
        if "@" in bucket or not bucket or not key:
            why = "secrets come only from the environment" if "@" in bucket else None
            raise MappingError("write it as s3://bucket/path", where=self.where, why=why, todo="mend from:")
        return bucket, key

    @contextmanager
    def _said(self, url: str) -> Iterator[None]:
        """Say the errors of the library as ours."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except ClientError as error:
            raise self._refused(error.response.get("Error", {}), url) from None
        except NoCredentialsError:
            todo = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"
            raise DataError("there are no credentials for the object storage", where=url, todo=todo) from None
        except (BotoCoreError, ValueError) as error:
            raise _unanswered(url, error) from None

    def _refused(self, answer: Mapping[str, Any], url: str) -> RegularsError:
        code, message = str(answer.get("Code", "")), _masked(str(answer.get("Message", "")))
        if code == "NoSuchBucket":
            bucket = self._parts(url)[0]
            try:
                near = [one["Name"] for one in self.client.list_buckets()["Buckets"]]
            except Exception:
                near = []
            return MappingError(f"there is no bucket {bucket}", where=self.where, todo=_one_of(bucket, near))
        if code in {"PreconditionFailed", "412", "NoSuchKey", "404"}:
            return DataError("the object changed while it was read", where=url, todo="run the command again")
        if code in {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}:
            todo = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may read (list and get)"
            return DataError("the object storage refuses access", where=url, why=message or code, todo=todo)
        return DataError("the object can't be read", where=url, why=message or code, todo="check the URL")


class _ByDriver:
    """Whatever fsspec has a driver for."""

    def __init__(self, scheme: str, where: str) -> None:
        self.where, self.scheme = where, scheme
        try:
            import fsspec

            self.files: Any = fsspec.filesystem(scheme)
        except ImportError:
            raise _no_driver(f"{scheme}://", f"fsspec {_DRIVERS[scheme]}", where) from None
        except Exception as error:
            raise _unanswered(f"{scheme}://", error) from None

    def find(self, url: str) -> list[StoredObject]:
        with self._said(url):
            if not is_object_pattern(url):
                return [self._object(url, self.files.info(url))]
            found: Mapping[str, Mapping[str, Any]] = self.files.glob(url, detail=True)
            files = [self.files.unstrip_protocol(name) for name, info in found.items() if info.get("type") == "file"]
            return [self._object(name, self.files.info(name)) for name in files]

    def fetch(self, stored: StoredObject, target: Path) -> None:
        with self._said(stored.url):
            self.files.get_file(stored.url, str(target))

    def _object(self, url: str, info: Mapping[str, Any]) -> StoredObject:
        mark = next((f"{name}={info[name]}" for name in _MARKS if info.get(name)), None)
        return StoredObject(url, int(info.get("size") or 0), mark)

    @contextmanager
    def _said(self, url: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise MappingError(f"there is no object {shown(url)}", where=self.where, todo="mend from:") from None
        except PermissionError as error:
            todo = "set the credentials in the environment"
            raise DataError(
                "the object storage refuses access", where=shown(url), why=_masked(str(error)), todo=todo
            ) from None
        except RegularsError:
            raise
        except Exception as error:  # each driver has exceptions of its own
            raise _unanswered(shown(url), error) from None


def _pattern(key: str) -> str:
    """A pattern as a regular expression: `*` stays within a folder, `**/` goes through folders."""
    parts = []
    for text in re.split(r"(\*\*/|\*|\?|\[[^\]]+\])", key):
        match text:
            case "**/":
                parts.append("(?:.*/)?")
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _ if text.startswith("[") and text.endswith("]"):
                parts.append(text.replace("[!", "[^", 1))
            case _:
                parts.append(re.escape(text))
    return "".join(parts)


def _one_of(name: str, near: list[str]) -> str:
    return did_you_mean(name, near) if near else "check the name"


def _no_driver(scheme: str, packages: str, where: str) -> UsageError:
    return UsageError(f"nothing is installed that reads {scheme}", where=where, todo=f"pip install {packages}")


def _unanswered(url: str, error: Exception) -> DataError:
    text = _masked(str(error).strip()) or type(error).__name__
    todo = "check the URL, the network and the credentials"
    return DataError("the object storage does not answer", where=shown(url), why=text.splitlines()[0], todo=todo)


def _masked(text: str) -> str:
    for name in _SECRETS:
        if value := os.environ.get(name):
            text = text.replace(value, "***")
    return text
