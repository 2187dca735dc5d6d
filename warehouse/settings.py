"""Settings: the only reader of the environment, answered as one frozen value.

Where the warehouse is, in this order:

1. `WAREHOUSE_URL`: a SQLAlchemy URL of any Redshift (`redshift+redshift_connector://…`);
2. the embedded Redshift of this project, when one has written `.warehouse/server.json`;
3. nowhere: `Settings.url` is empty, and whoever needs it says the two ways on.

The other variables: `WAREHOUSE_STAGE` (an s3:// prefix that loads stage into), `WAREHOUSE_IAM_ROLE` (the role that COPY
and UNLOAD assume), `WAREHOUSE_REGION`, `WAREHOUSE_KMS_KEY` (the KMS key by which S3 encrypts what is staged and
unloaded; without one the bucket decides), `WAREHOUSE_S3_ENDPOINT` (an S3 endpoint other than Amazon's),
`WAREHOUSE_HOME` (the project's folder, when it is not found from the working directory upwards),
`WAREHOUSE_MIGRATION_WAIT` and `WAREHOUSE_LOCK_TIMEOUT` (seconds that a migration waits for another one, and for a table
that somebody holds).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.errors import SettingsError

STATE_FOLDER = ".warehouse"
SERVER_FILE = "server.json"
# What marks the folder of a project, looked for from the working directory upwards.
_PROJECT_MARKS = ("alembic.ini", "pyproject.toml", STATE_FOLDER, ".git")


@dataclass(frozen=True)
class Settings:
    """Where the warehouse and its staging area are. `repr()` shows no secret."""

    url: str = field(default="", repr=False)
    stage: str = ""
    iam_role: str = ""
    region: str = ""
    kms_key: str = ""
    s3_endpoint: str = ""
    s3_access_key: str = field(default="", repr=False)
    s3_secret_key: str = field(default="", repr=False)
    home: Path = field(default_factory=Path.cwd)
    is_local: bool = False
    # Seconds. A deploy that waits its turn is usual; a statement that waits makes all later readers wait behind it.
    migration_wait: float = 300.0
    lock_timeout: float = 120.0

    @property
    def state(self) -> Path:
        """The folder that holds the embedded server's state: `.warehouse/` of the project."""
        return self.home / STATE_FOLDER

    @property
    def s3_keys(self) -> tuple[str, str] | None:
        """Access key and secret of the embedded S3 endpoint; None means the usual AWS credential chain."""
        return (self.s3_access_key, self.s3_secret_key) if self.s3_access_key else None


def find_home(start: Path | None = None) -> Path:
    """The project's folder: the nearest one upwards that holds alembic.ini, pyproject.toml, .warehouse or .git."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any((folder / mark).exists() for mark in _PROJECT_MARKS):
            return folder
    return here


def load_settings(environ: Mapping[str, str] | None = None, *, home: Path | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's) and from the embedded server's file.

    Raises SettingsError when the embedded server's file is unreadable.
    """
    env = os.environ if environ is None else environ
    base = home or (Path(env["WAREHOUSE_HOME"]) if env.get("WAREHOUSE_HOME") else find_home())
    given: dict[str, Any] = {
        "url": env.get("WAREHOUSE_URL", ""),
        "stage": env.get("WAREHOUSE_STAGE", "").rstrip("/"),
        "iam_role": env.get("WAREHOUSE_IAM_ROLE", ""),
        "region": env.get("WAREHOUSE_REGION", ""),
        "kms_key": env.get("WAREHOUSE_KMS_KEY", ""),
        "s3_endpoint": env.get("WAREHOUSE_S3_ENDPOINT", ""),
        "migration_wait": _seconds(env, "WAREHOUSE_MIGRATION_WAIT", Settings.migration_wait),
        "lock_timeout": _seconds(env, "WAREHOUSE_LOCK_TIMEOUT", Settings.lock_timeout),
    }
    if given["url"]:
        return Settings(**given, home=base, is_local=False)
    server = _read_server_file(base / STATE_FOLDER / SERVER_FILE)
    if not server:
        return Settings(**given, home=base)
    s3 = server["s3"]
    return Settings(
        url=server["url"],
        stage=given["stage"] or s3["stage"],
        iam_role=given["iam_role"] or server["iam_role"],
        region=given["region"] or s3["region"],
        kms_key=given["kms_key"],
        s3_endpoint=given["s3_endpoint"] or s3["endpoint_url"],
        s3_access_key=s3["access_key"],
        s3_secret_key=s3["secret_key"],
        home=base,
        is_local=True,
        migration_wait=given["migration_wait"],
        lock_timeout=given["lock_timeout"],
    )


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    said = env.get(name, "")
    try:
        return float(said) if said else default
    except ValueError:
        raise SettingsError(f"{name}={said!r} is no number of seconds.", next_step="Say 60, or unset it.") from None


def cache_folder() -> Path:
    """Where this user keeps what can be made again, for all projects; it need not be there yet.

    Source: the XDG Base Directory Specification; on macOS, Apple's File System Programming Guide.
    """
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "warehouse"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "warehouse"


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a process that we start: ours, with `changes`."""
    return {**os.environ, **changes}


def _read_server_file(path: Path) -> dict[str, Any] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", next_step="Check its permissions.") from error
    try:
        server = json.loads(text)
        server["url"], server["iam_role"], server["s3"]["stage"]
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} is not a server file of the embedded Redshift.",
            next_step='Delete it and run "warehouse local start".',
        ) from error
    return server  # type: ignore[no-any-return]
