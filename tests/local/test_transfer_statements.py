"""The UNLOAD and COPY statements that data tools send run as they are; what they read afterwards is there.

The texts are those that the named projects build, with names, paths and the role filled in.
"""

from __future__ import annotations

import gzip
import json
import re

import psycopg
import pytest

KEYS = "aws_access_key_id=AKIAIOSFODNN7EXAMPLE;aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = KEYS + ";token=AQoDYXdzEJr//EXAMPLE"
KMS = "1234abcd-12ab-34cd-56ef-1234567890ab"
UNLOADS = {
    "awswrangler.redshift.unload": """UNLOAD ('SELECT * FROM t WHERE name = ''x''')
TO '{path}'
IAM_ROLE '{role}'
ALLOWOVERWRITE
PARALLEL ON
FORMAT PARQUET
ENCRYPTED
REGION AS 'us-east-1'
MAXFILESIZE AS 10.0 MB
MANIFEST;""",
    "awswrangler, partitioned": f"""UNLOAD ('SELECT * FROM t')
TO '{{path}}'
ACCESS_KEY_ID 'AKIAIOSFODNN7EXAMPLE'
SECRET_ACCESS_KEY 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
SESSION_TOKEN 'token'
CLEANPATH
PARALLEL OFF
FORMAT CSV
ENCRYPTED
KMS_KEY_ID '{KMS}'
PARTITION BY (name);""",
    "Airflow's RedshiftToS3Operator": """
                    UNLOAD ($$SELECT * FROM t WHERE name = 'x'$$)
                    TO '{path}'
                    credentials
                    'aws_iam_role={role}'
                    HEADER
			CSV;
        """,
    "spark-redshift, text": (
        r"""UNLOAD ('SELECT "id", "name" FROM (SELECT * FROM t WHERE name = \'x\') ') TO '{path}' """
        "WITH CREDENTIALS 'aws_iam_role={role}' ESCAPE MANIFEST NULL AS '@NULL@'  REGION AS 'us-east-1' "
    ),
    "spark-redshift, Parquet": (
        f"UNLOAD ('SELECT * FROM (SELECT CAST(id AS INTEGER) FROM t)') TO '{{path}}' WITH CREDENTIALS '{TOKEN}' "
        "FORMAT AS PARQUET  MANIFEST  REGION AS 'us-east-1' "
    ),
    "Trino": (
        "UNLOAD ('SELECT \"id\", \"name\" FROM \"t\"') TO '{path}' IAM_ROLE '{role}' FORMAT PARQUET MAXFILESIZE 64MB "
        "MANIFEST VERBOSE"
    ),
    "Sling": r"""unload ('select * from t')
    to '{path}'
    credentials 'aws_iam_role={role}'
    allowoverwrite GZIP CSV NULL '\\N' HEADER DELIMITER ',' PARALLEL off""",
    "dbt-labs/redshift, unload_table": """
  -- compile UNLOAD statement
  UNLOAD ('SELECT * FROM "{schema}"."t"')
  TO '{path}'
  IAM_ROLE '{role}'
  MANIFEST
  HEADER
  DELIMITER AS ','
  NULL AS ''
  MAXFILESIZE AS 6 GB
  ESCAPE
  GZIP
  ADDQUOTES
  ALLOWOVERWRITE
  PARALLEL OFF""",
    "sqlalchemy-redshift's UnloadFromSelect": """
       UNLOAD ('SELECT count(t.id) AS count_1
FROM t') TO '{path}'
       CREDENTIALS 'aws_iam_role={role}'
       MANIFEST
       HEADER
       DELIMITER AS ','
       GZIP
       ADDQUOTES
       NULL AS '---'
       ESCAPE
       ALLOWOVERWRITE
       PARALLEL OFF
       REGION 'us-west-2'
       MAXFILESIZE 100 MB
    """,
    "locopy": f"""UNLOAD ('SELECT * FROM t')
        TO '{{path}}'
        CREDENTIALS '{KEYS}'
        csv header gzip parallel on allowoverwrite
        ;""",
    "a query with its end": (
        "unload ('select * from t;') to '{path}' iam_role '{role}' allowoverwrite delimiter ',' parallel off;"
    ),
}


@pytest.fixture
def fill(pg, stage, schema):
    """A table, and what fills in its place and the role."""
    pg.execute("CREATE TABLE t (id INTEGER, name VARCHAR(9))")
    pg.execute("INSERT INTO t VALUES (1, 'x'), (2, NULL)")

    def filled(text, name="u/"):
        return text.replace("{path}", f"{stage.uri}/{name}").replace("{role}", stage.role).replace("{schema}", schema)

    return filled


@pytest.mark.parametrize("tool", UNLOADS)
def test_unload(pg, stage, fill, tool):
    pg.execute(fill(UNLOADS[tool]))
    names = stage.names()
    assert names
    if "MANIFEST" in UNLOADS[tool]:
        entries = json.loads(stage.read(f"{stage.uri}/u/manifest"))["entries"]
        found = [one["url"].removeprefix(stage.uri + "/") for one in entries]
        assert found == [name for name in names if "manifest" not in name]
        assert all(one["meta"]["content_length"] > 0 for one in entries)
    assert pg.execute("SELECT pg_last_unload_count()").fetchone()[0] in (1, 2)
    assert pg.execute("SELECT count(*) FROM stl_unload_log WHERE query = pg_last_query_id()").fetchone()[0] > 0


# The COPY, and the UNLOAD that makes its files.
COPIES = {
    "awswrangler.redshift.copy_from_files": (
        "COPY \"{schema}\".\"t\" (\"id\",\"name\")\nFROM '{path}' IAM_ROLE '{role}'\n\nFORMAT AS PARQUET",
        "FORMAT PARQUET",
    ),
    "Airflow's S3ToRedshiftOperator": (
        """
                    COPY {schema}.t (id, name)
                    FROM '{path}'
                    credentials
                    'aws_iam_role={role}'
                    region 'us-east-1'
                    csv
			IGNOREHEADER 1
			EMPTYASNULL;
        """,
        "CSV HEADER",
    ),
    "Sling": (
        f"COPY t (id, name)\nfrom '{{path}}'\ncredentials '{KEYS}'\nCSV delimiter ',' EMPTYASNULL BLANKSASNULL GZIP "
        "IGNOREHEADER 1 DATEFORMAT 'auto' TIMEFORMAT 'auto'",
        "CSV GZIP HEADER",
    ),
    "dlt, jsonl": (
        "COPY t FROM '{path}' FORMAT AS JSON 'auto' dateformat 'auto' timeformat 'auto' GZIP "
        "CREDENTIALS 'aws_iam_role={role}' MAXERROR 0;",
        "JSON GZIP",
    ),
    "dlt, Parquet": ("COPY t FROM '{path}' PARQUET IAM_ROLE '{role}'", "PARQUET"),
    "spark-redshift": (
        "COPY t (\"id\",\"name\") FROM '{path}manifest' CREDENTIALS 'aws_iam_role={role}' "
        "FORMAT AS CSV GZIP NULL AS '@NULL@' manifest",
        "CSV GZIP NULL AS '@NULL@' MANIFEST",
    ),
    "a JSON loader": (
        f"COPY {{schema}}.t FROM '{{path}}' CREDENTIALS '{KEYS}' json 'auto' GZIP ACCEPTINVCHARS "
        "DATEFORMAT AS 'auto' TIMEFORMAT AS 'auto' ;",
        "JSON GZIP",
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", COPIES)
def test_copy(pg, fill, tool):
    statement, unload = COPIES[tool]
    pg.execute(fill(f"UNLOAD ('SELECT * FROM t') TO '{{path}}' IAM_ROLE '{{role}}' {unload}"))
    pg.execute("TRUNCATE t")
    pg.execute(fill(statement))
    assert pg.execute("SELECT * FROM t ORDER BY id").fetchall() == [(1, "x"), (2, None)]


def test_client_side_encryption_is_refused(pg, fill):
    for statement in (
        f"unload ('select * from t') to '{{path}}' credentials '{KEYS};master_symmetric_key=KEY' encrypted gzip",
        f"copy t from '{{path}}' credentials '{KEYS};master_symmetric_key=KEY' encrypted gzip",
    ):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="not emulated"):
            pg.execute(fill(statement))


def test_what_a_statement_said_is_in_the_files(pg, stage, fill):
    pg.execute(fill(UNLOADS["dbt-labs/redshift, unload_table"]))
    (name,) = [name for name in stage.names() if re.search(r"\d\.gz$", name)]
    assert gzip.decompress(stage.read(f"{stage.uri}/{name}")) == b'"id","name"\n"1","x"\n"2",\n'
    pg.execute(fill(UNLOADS["spark-redshift, text"], "s/"))
    (name,) = [name for name in stage.names() if name.startswith("s/0")]
    assert stage.read(f"{stage.uri}/{name}") == b"1|x\n"
