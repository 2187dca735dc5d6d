"""The S3 endpoint: moto's server on loopback in a process of its own, with its objects kept on disk.

moto keeps objects in memory. What a request changed is written through to a folder (two files an object), which is read
back when the endpoint starts again. `python -m warehouse.local.s3 PARENT SOCKET [FOLDER]` serves on an open socket that
the parent has made, so that nobody has to wait for moto's imports before there is something to ask; it ends when its
parent does.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

ACCOUNT = "123456789012"
REGION = "us-east-1"
BUCKET = "warehouse"

StartResponse = Callable[..., Any]
App = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Mirror:
    """Keeps a folder equal to moto's buckets.

    Only the present version of an object is kept, without metadata of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def restore(self) -> None:
        """Put what the folder holds into moto."""
        backend = _backend()
        for bucket in sorted(entry for entry in self._folder.iterdir() if entry.is_dir()):
            backend.create_bucket(bucket.name, REGION)
            for name in sorted(bucket.glob("*.key")):
                backend.put_object(bucket.name, name.read_text(encoding="utf-8"), name.with_suffix("").read_bytes())

    def follow(self, bucket: str, keys: Iterable[str]) -> None:
        """Write or remove the files of `keys`, after what moto holds now."""
        with self._lock:
            backend = _backend()
            folder = self._folder / bucket
            if bucket not in backend.buckets:
                for path in folder.glob("*"):
                    path.unlink()
                if folder.exists():
                    folder.rmdir()
                return
            folder.mkdir(exist_ok=True)
            for key in keys:
                # A key may be longer than a file's name may be: the name is its hash, the key stands in a file beside
                # it.
                path = folder / hashlib.sha256(key.encode("utf-8")).hexdigest()
                name = path.with_suffix(".key")
                found = backend.buckets[bucket].keys.get(key)
                if found is None:
                    name.unlink(missing_ok=True)
                    path.unlink(missing_ok=True)
                    continue
                part = path.with_suffix(".part")
                part.write_bytes(found.value)
                part.replace(path)
                part.write_text(key, encoding="utf-8")
                part.replace(name)


def _backend() -> Any:
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"]


def mirrored(app: App, mirror: Mirror) -> App:
    """`app`, with every change that it accepts written through."""

    def wrapped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("PUT", "POST", "DELETE"):
            return app(environ, start_response)
        bucket, _, key = environ["PATH_INFO"].encode("latin-1").decode("utf-8").lstrip("/").partition("/")
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        before = set(_backend().buckets[bucket].keys) if "delete" in query and bucket in _backend().buckets else set()
        answer = b"".join(app(environ, start_response))
        if bucket and "partNumber" not in query:
            after = set(_backend().buckets[bucket].keys) if bucket in _backend().buckets else set()
            mirror.follow(bucket, (before - after) if "delete" in query else [key] if key else [])
        return [answer]

    return wrapped


# Where faults are asked for: no bucket can have this name (it has a capital letter).
_FAULTS = "/Faults"
_ANSWERS = {
    403: ("AccessDenied", "Access Denied"),
    503: ("SlowDown", "Please reduce your request rate."),
}


def ask_for_fault(endpoint: str, status: str, times: int, under: str) -> None:
    """Have the endpoint answer `times` requests for keys below the URI `under` with `status`; "" ends that.

    Raises OSError when it does not answer.
    """
    body = json.dumps([{"status": int(status), "times": times, "under": under.removeprefix("s3://")}] if status else [])
    with urlopen(Request(endpoint + _FAULTS, data=body.encode(), method="POST"), timeout=20) as answer:
        answer.read()


def faulty(app: App) -> App:
    """`app`, which fails where it was asked to."""
    lock = threading.Lock()
    waiting: list[dict[str, Any]] = []

    def struck(target: str) -> int | None:
        with lock:
            for fault in waiting:
                if target.startswith(fault["under"]):
                    fault["times"] -= 1
                    if not fault["times"]:
                        waiting.remove(fault)
                    return int(fault["status"])
        return None

    def wrapped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if path == _FAULTS:
            asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            with lock:
                waiting[:] = [*waiting, *asked] if asked else []
            start_response("204 No Content", [])
            return []
        if not waiting:
            return app(environ, start_response)
        # A listing has its prefix in the query.
        prefix = parse_qs(environ.get("QUERY_STRING", "")).get("prefix", [""])[0]
        status = struck(path.lstrip("/") if path.count("/") > 1 else f"{path.strip('/')}/{prefix}")
        if status is None:
            return app(environ, start_response)
        code, message = _ANSWERS[status]
        body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>FAULT</RequestId></Error>".encode()
        start_response(f"{status} {code}", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    return wrapped


def main(parent: int, handle: int, folder: Path | None) -> None:
    """Serve on the socket `handle` until the process `parent` ends. There is always the bucket `BUCKET`."""
    threading.Thread(target=_leave_with_parent, args=(parent,), daemon=True).start()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: Any) -> None:
            pass

    app: App = DomainDispatcherApplication(create_backend_app)
    mirror = None
    if folder is not None:
        mirror = Mirror(folder)
        mirror.restore()
        app = mirrored(app, mirror)
    if BUCKET not in _backend().buckets:
        _backend().create_bucket(BUCKET, REGION)
        if mirror is not None:
            mirror.follow(BUCKET, [])
    make_server("127.0.0.1", 0, faulty(app), threaded=True, request_handler=Quiet, fd=handle).serve_forever()


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
