"""The object store against a real S3 endpoint (moto's server) and the file system: one behaviour for both."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from warehouse.errors import ObjectStoreError
from warehouse.objectstore import PART_BYTES, ObjectInfo, ObjectStore, file_uri, split_uri


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    store = ObjectStore(endpoint_url=f"http://{host}:{port}", region="us-east-1", keys=("key", "secret"))
    store._s3.create_bucket(Bucket="shelf")
    yield store
    store.close()
    server.stop()


@pytest.fixture(params=["s3", "file"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh prefix, ending in a slash."""
    return f"s3://shelf/{tmp_path.name}/" if request.param == "s3" else file_uri(tmp_path) + "/"


def test_what_was_put_is_read_back(store: ObjectStore, root: str) -> None:
    info = store.put(root + "a/b.txt", b"hello")
    assert (info.uri, info.size) == (root + "a/b.txt", 5)
    with store.open(info.uri) as stream:
        assert stream.read() == b"hello"
    assert store.head(info.uri) == info


def test_a_second_put_replaces_and_changes_the_tag(store: ObjectStore, root: str) -> None:
    old = store.put(root + "x", b"old")
    new = store.put(root + "x", io.BytesIO(b"newer"))
    assert old.etag != new.etag
    with store.open(root + "x") as stream:
        assert stream.read() == b"newer"


def test_large_bodies_are_sent_in_parts_and_read_in_pieces(store: ObjectStore, root: str) -> None:
    body = bytes(range(256)) * ((2 * PART_BYTES + 4096) // 256)

    class Trickle(io.RawIOBase):
        """A stream that answers with less than was asked for, as sockets and pipes do."""

        at = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:
            piece = body[self.at : self.at + min(len(buffer), 300_007)]
            buffer[: len(piece)] = piece
            self.at += len(piece)
            return len(piece)

    info = store.put(root + "large", Trickle())  # type: ignore[arg-type]
    assert info.size == len(body)
    with store.open(info.uri) as stream:
        pieces = [stream.read(1_000_003), stream.read(1)]
        assert pieces[0] + pieces[1] + stream.read() == body


def test_an_upload_that_fails_leaves_nothing(store: ObjectStore, root: str) -> None:
    class Broken(io.RawIOBase):
        served = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:
            if self.served > PART_BYTES:
                raise RuntimeError("the disk fell off")
            self.served += len(buffer)
            return len(buffer)

    with pytest.raises(RuntimeError, match="fell off"):
        store.put(root + "half", Broken())  # type: ignore[arg-type]
    assert store.head(root + "half") is None
    assert store.list(root) == []
    if root.startswith("s3:"):
        assert "Uploads" not in store._s3.list_multipart_uploads(Bucket="shelf")


def test_list_goes_by_prefix_in_key_order(store: ObjectStore, root: str) -> None:
    for name in ("part-b", "part-a", "part-a/inner", "other", "part"):
        if root.startswith("file:") and name == "part-a/inner":
            continue  # a name cannot be file and folder at once
        store.put(root + name, b"x")
    names = [info.uri.removeprefix(root) for info in store.list(root + "part-")]
    expected = ["part-a", "part-a/inner", "part-b"]
    assert names == ([*expected] if root.startswith("s3:") else ["part-a", "part-b"])
    assert {info.uri for info in store.list(root)} >= {root + "other", root + "part"}
    assert store.list(root + "nothing/here") == []


def test_delete_is_batched_and_forgives_the_missing(store: ObjectStore, root: str) -> None:
    uris = [store.put(f"{root}{number:04}", b"").uri for number in range(3)]
    store.delete([*uris[:2], root + "never"])
    assert [info.uri for info in store.list(root)] == uris[2:]


def test_more_keys_than_one_request_takes(store: ObjectStore) -> None:
    store.put("s3://shelf/many/1200", b"x")
    store.delete(f"s3://shelf/many/{number}" for number in range(1201))
    assert store.list("s3://shelf/many/") == []


def test_a_missing_object_is_404(store: ObjectStore, root: str) -> None:
    assert store.head(root + "gone") is None
    with pytest.raises(ObjectStoreError) as caught:
        store.open(root + "gone")
    assert (caught.value.status, caught.value.code, caught.value.uri) == (404, "NoSuchKey", root + "gone")
    assert not caught.value.retryable
    assert "spelling" in str(caught.value)


def test_a_missing_bucket_is_named(store: ObjectStore) -> None:
    for call in (store.list, store.open, lambda uri: store.put(uri, b"")):
        with pytest.raises(ObjectStoreError) as caught:
            call("s3://no-such-bucket/key")
        assert (caught.value.status, caught.value.code) == (404, "NoSuchBucket")


@pytest.mark.parametrize("key", ["plain", "a b+c&d", "q?x#y%20z", "späße/日本"])
def test_keys_are_taken_literally(store: ObjectStore, root: str, key: str) -> None:
    if root.startswith("file:"):
        root, key = "", file_uri(Path("/tmp") / root.rsplit("/", 2)[1] / key)
    info = store.put(root + key, b"1")
    assert store.head(root + key) == info
    assert store.list(root + key)[0].uri == info.uri
    store.delete([info.uri])
    assert store.head(info.uri) is None


@pytest.mark.parametrize("uri", ["", "flights.csv", "http://x/y", "s3://", "s3:///key", "file://host/path"])
def test_other_uris_are_refused(store: ObjectStore, uri: str) -> None:
    with pytest.raises(ObjectStoreError) as caught:
        store.open(uri)
    assert caught.value.code == "InvalidURI"
    assert "s3://bucket/key" in str(caught.value) or "file:///" in str(caught.value)


def test_a_bucket_is_no_object(store: ObjectStore) -> None:
    with pytest.raises(ObjectStoreError, match="names a bucket"):
        store.put("s3://shelf", b"")


def test_an_endpoint_that_is_down_is_retryable_and_named() -> None:
    store = ObjectStore(endpoint_url="http://127.0.0.1:1", keys=("key", "top-secret"))
    with pytest.raises(ObjectStoreError, match=r"127\.0\.0\.1:1 did not answer") as caught:
        store.list("s3://shelf/")
    assert caught.value.retryable
    assert "top-secret" not in f"{caught.value} {store!r}"


def test_a_read_resumes_where_it_broke_off(store: ObjectStore) -> None:
    body = bytes(range(256)) * 8192
    store.put("s3://shelf/long", body)
    stream = store.open("s3://shelf/long")
    head = stream.read(10)
    reader = stream.raw  # type: ignore[attr-defined]

    class Breaks:
        def read(self, _size: int) -> bytes:
            raise ConnectionResetError("gone")

        def close(self) -> None:
            pass

    reader._body.close()
    reader._body = Breaks()
    assert head + stream.read() == body


def test_a_read_may_seek(store: ObjectStore, root: str) -> None:
    body = bytes(range(256)) * 16384
    store.put(root + "seek", body)
    with store.open(root + "seek") as stream:
        assert stream.seek(-8, 2) == len(body) - 8
        assert stream.read() == body[-8:]
        assert stream.read() == b""
        stream.seek(1_000_000)
        assert stream.read(300) == body[1_000_000:1_000_300]
        stream.seek(-100, 1)
        assert stream.read(100) == body[1_000_200:1_000_300]
        stream.seek(0)
        assert stream.read() == body


def test_a_read_never_mixes_two_versions(store: ObjectStore) -> None:
    store.put("s3://shelf/moving", b"a" * (3 << 20))
    stream = store.open("s3://shelf/moving")
    stream.read(1)
    store.put("s3://shelf/moving", b"b" * (3 << 20))

    class Breaks:
        def read(self, _size: int) -> bytes:
            raise ConnectionResetError("gone")

        def close(self) -> None:
            pass

    stream.raw._body.close()  # type: ignore[attr-defined]
    stream.raw._body = Breaks()  # type: ignore[attr-defined]
    with pytest.raises(ObjectStoreError) as caught:
        stream.read()
    assert caught.value.status == 412


def test_file_writes_are_atomic_and_refusals_are_typed(tmp_path: Path) -> None:
    store = ObjectStore()
    (tmp_path / "occupied").write_text("a file, not a folder")
    with pytest.raises(ObjectStoreError):
        store.put(file_uri(tmp_path / "occupied" / "x"), b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["occupied"]


def test_split_uri() -> None:
    assert split_uri("s3://b/k/x") == ("b", "k/x")
    assert split_uri("s3://b") == ("b", "")
    assert ObjectInfo("s3://b/k", 1, "t") == ObjectInfo("s3://b/k", 1, "t")


def test_a_closed_store_opens_again(store: ObjectStore, root: str) -> None:
    store.put(root + "x", b"1")
    store.close()
    store.close()
    assert store.head(root + "x") is not None


def test_botocore_is_loaded_on_first_use_only() -> None:
    code = "import sys, warehouse.objectstore as o; o.ObjectStore(); o.file_uri; print('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
