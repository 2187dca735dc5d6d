"""A dbt project on the embedded Redshift: everything dbt-redshift can build, built, changed, rebuilt and documented.

    python tests/suites/dbt.py --dbt PATH/TO/dbt

dbt's pins do not go with this project's: install it elsewhere (`pip install dbt-redshift`). The project is
`dbt_project/`: a seed with grants, views bound and late-binding, tables with keys, a contract and comments,
incremental models by delete+insert, merge and append with a new column, a materialized view, a snapshot, tests.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import served

PROJECT = Path(__file__).with_name("dbt_project")
STEPS = (
    ("build",),
    ("build", "--vars", '{"extra": true}'),  # a column more: on_schema_change
    ("build", "--full-refresh"),
    ("docs", "generate"),
    ("show", "-s", "by_customer"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dbt", default=shutil.which("dbt"), required=shutil.which("dbt") is None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dbt-") as folder, served.embedded() as server:
        project = Path(folder) / "shop"
        shutil.copytree(PROJECT, project)
        (project / "profiles.yml").write_text(json.dumps(profile(server)))
        with served.Databases(server).visit(server["database"]) as session:
            session.run("CREATE USER public_reader PASSWORD 'Public1reader'")
        failed = sum(not step(options.dbt, project, arguments) for arguments in STEPS)
        catalog = json.loads((project / "target" / "catalog.json").read_text())
    made = catalog["nodes"]["model.shop.by_customer"]
    stats = {name: stat["value"] for name, stat in made["stats"].items()}
    print(f"catalog: {len(catalog['nodes'])} nodes, by_customer {stats['diststyle']}, sort key {stats['sortkey1']}")
    return 1 if failed or catalog["errors"] else 0


def profile(server: dict[str, Any]) -> dict[str, Any]:
    """profiles.yml; JSON is YAML."""
    target = {
        "type": "redshift", "host": server["host"], "port": server["port"], "user": server["user"],
        "password": server["password"], "dbname": server["database"], "schema": "shop", "threads": 2,
        "sslmode": "disable",
    }  # fmt: skip
    return {"shop": {"target": "dev", "outputs": {"dev": target}}}


def step(dbt: str, project: Path, arguments: tuple[str, ...]) -> bool:
    ran = subprocess.run(
        [dbt, "--no-use-colors", *arguments],
        cwd=project,
        env={**os.environ, "DBT_PROFILES_DIR": str(project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    done = re.search(r"Done\. (PASS.*)", ran.stdout)
    print(f"dbt {' '.join(arguments)}: {done[1] if done else 'ok' if ran.returncode == 0 else 'failed'}")
    if ran.returncode:
        print(ran.stdout)
    return ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
