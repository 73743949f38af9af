"""Objects of a storage are files like any: fetched once a version, every kind, and what is wrong is said."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from core.errors import DataError, MappingError, StoreError, UsageError
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources import object_stores
from tests.conftest import need
from tests.pipelines.conftest import HEADER, Shop, orders

Lines = Callable[[int], list[str]]
SECRET = "a-secret-that-nobody-sees"


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = need("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)  # type: ignore[attr-defined]
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Bucket:
    """A bucket of a test's own, and what was fetched of it."""

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name
        client.create_bucket(Bucket=name)
        self.fetched: list[str] = []

    def put(self, key: str, lines: list[str], header: str = HEADER) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=("\n".join([header, *lines]) + "\n").encode())


@pytest.fixture
def bucket(shop: Shop, s3_server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Bucket:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("REGULARS_INGEST__S3_ENDPOINT", s3_server)
    client = boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1")
    made = Bucket(client, f"b{abs(hash(request.node.name)) % 10**9}")
    fetch = object_stores._S3.fetch

    def counted(store: Any, stored: Any, target: Path) -> None:
        made.fetched.append(stored.url.rpartition("/")[2])
        fetch(store, stored, target)

    monkeypatch.setattr(object_stores._S3, "fetch", counted)
    return made


def test_of_a_pattern_only_what_is_new_is_fetched(shop: Shop, bucket: Bucket, good_lines: Lines) -> None:
    lines = good_lines(40)
    bucket.put("exports/orders-9.csv", lines[:10])
    bucket.put("exports/orders-10.csv", lines[10:20])
    bucket.put("exports/old/orders-1.csv", lines[:5])
    bucket.put("exports/notes.txt", ["x"])
    shop.map(**{"from": f"s3://{bucket.name}/exports/orders-*.csv"})
    first = orders(run(shop.workspace))
    assert (first.added, bucket.fetched) == (20, ["orders-9.csv", "orders-10.csv"])
    assert any("orders-9.csv, s3://" in note for note in first.notes)
    bucket.put("exports/orders-11.csv", lines[20:])
    assert orders(run(shop.workspace)).added == 20
    assert orders(run(shop.workspace)).skipped
    assert bucket.fetched[2:] == ["orders-11.csv"]


def test_a_changed_object_is_fetched_again_and_its_old_copy_goes(shop: Shop, bucket: Bucket, good_lines: Lines) -> None:
    bucket.put("orders.csv", good_lines(10))
    shop.map(**{"from": f"s3://{bucket.name}/orders.csv"})
    run(shop.workspace)
    bucket.put("orders.csv", good_lines(15))
    assert orders(run(shop.workspace)).added == 5
    copies = list((shop.root / ".objects").rglob("orders.csv"))
    assert (len(copies), copies[0].stat().st_mode & 0o077, copies[0].parents[2].stat().st_mode & 0o077) == (1, 0o44, 0)


def test_through_folders_and_beside_files(shop: Shop, bucket: Bucket, good_lines: Lines) -> None:
    lines = good_lines(30)
    bucket.put("2024/03/orders.csv", lines[:10])
    bucket.put("2024/04/05/orders.csv", lines[10:20])
    shop.lines(lines[20:])
    shop.map(**{"from": [f"s3://{bucket.name}/2024/**/orders.csv", "orders.csv"]})
    assert orders(run(shop.workspace)).added == 30


def test_a_bad_line_is_named_with_its_object(shop: Shop, bucket: Bucket, good_lines: Lines) -> None:
    bucket.put("a.csv", [*good_lines(30), "c,o,p,2024-03-01,many,1"])
    bucket.put("b.csv", good_lines(40)[30:])
    shop.map(**{"from": f"s3://{bucket.name}/?.csv"})
    run(shop.workspace)
    assert [(row["source"], row["position"]) for row in shop.quarantine()] == [(f"s3://{bucket.name}/a.csv", 32)]


def test_a_draft_looks_into_the_storage(
    tmp_path: Path, bucket: Bucket, good_lines: Lines, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("orders.csv", good_lines(50), "customer_id,order_id,product_id,order_date,quantity,price")
    monkeypatch.chdir(tmp_path)
    initialise(tmp_path / "new", f"s3://{bucket.name}/orders.csv", None)
    assert f"s3://{bucket.name}/orders.csv" in (tmp_path / "new" / "mapping.yaml").read_text()
    assert not (tmp_path / ".objects").exists()


@pytest.mark.parametrize(
    ("place", "refusal"),
    [
        ("s3://{b}/ordres.csv", (MappingError, "did you mean 'orders.csv'")),
        ("s3://{b}/none-*.csv", (MappingError, "no object is called")),
        ("s3://{b}x/orders.csv", (MappingError, "no bucket .*did you mean '{b}'")),
        ("s3://key:word@{b}/orders.csv", (MappingError, "secrets come only from the environment")),
        ("s3://{b}", (MappingError, "s3://bucket/path")),
        ("gs://{b}/orders.csv", (UsageError, "pip install fsspec gcsfs")),
        ("az://{b}/orders.csv", (UsageError, "pip install fsspec adlfs")),
    ],
)
def test_what_is_not_there_is_said(
    shop: Shop, bucket: Bucket, good_lines: Lines, place: str, refusal: tuple[type[Exception], str]
) -> None:
    error, said = refusal
    bucket.put("orders.csv", good_lines(5))
    shop.map(**{"from": place.format(b=bucket.name)})
    with pytest.raises(error, match=said.format(b=bucket.name)):
        run(shop.workspace)


def test_no_access_and_no_answer_are_said_without_a_secret(
    shop: Shop, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.map(**{"from": f"s3://{bucket.name}/orders.csv"})
    monkeypatch.setenv("REGULARS_INGEST__S3_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(DataError, match="does not answer"):
        run(shop.workspace)

    def refused(*_: object, **__: object) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": f"not with {SECRET}"}}, "List")

    monkeypatch.setattr(object_stores._S3, "_listed", refused)
    with pytest.raises(DataError, match="refuses access") as told:
        run(shop.workspace)
    assert SECRET not in str(told.value)


def test_copies_keep_to_their_room(
    shop: Shop, bucket: Bucket, good_lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("orders.csv", good_lines(100))
    shop.map(**{"from": f"s3://{bucket.name}/orders.csv"})
    monkeypatch.setenv("REGULARS_INGEST__COPIES_GB", "0.000001")
    with pytest.raises(StoreError, match=r"raise ingest\.copies_gb"):
        run(shop.workspace)
    assert not list((shop.root / ".objects").rglob("orders.csv"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, without a word."""

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "web"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_web_address_is_a_file_and_its_query_stays_a_secret(
    shop: Shop, web: tuple[Path, str], good_lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = web
    (folder / "orders.csv").write_text("\n".join([HEADER, *good_lines(10)]) + "\n")
    monkeypatch.setenv("SHOP_FILE", f"{address}/orders.csv?signature={SECRET}")
    shop.map(**{"from": "${SHOP_FILE}"})
    report = orders(run(shop.workspace))
    assert report.added == 10
    assert SECRET not in repr(report)
    monkeypatch.setenv("SHOP_FILE", f"{address}/no.csv?signature={SECRET}")
    with pytest.raises(MappingError, match="there is no object") as told:
        run(shop.workspace)
    assert SECRET not in str(told.value)
