"""Which statements Redshift keeps out of a transaction; the lists are those of the AWS pages that the module cites."""

from __future__ import annotations

import pytest

from warehouse.redshift.transactions import boundary, is_control, is_repeatable


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("VACUUM", "alone"),
        ("vacuum delete only sale", "alone"),
        ("-- tidy up\n/* twice */ VACUUM sale", "alone"),
        ("CREATE DATABASE mart", "alone"),
        ("DROP DATABASE mart", "alone"),
        ("ALTER DATABASE mart ISOLATION LEVEL SNAPSHOT", "alone"),
        ("CREATE OR REPLACE LIBRARY f LANGUAGE plpythonu", "alone"),
        ("CREATE EXTERNAL TABLE spectrum.sale (c int)", "alone"),
        ("ALTER TABLE sale APPEND FROM stage", "alone"),
        ('ALTER TABLE "a b"."c.d" ALTER COLUMN "e f" TYPE VARCHAR(9)', "alone"),
        ("ALTER TABLE sale ALTER note TYPE varchar(9)", "alone"),
        ("TRUNCATE TABLE sale", "commits"),
        ("ALTER TABLE mart.sale ALTER COLUMN note ENCODE zstd", "rewrites"),
        ("ALTER TABLE sale ALTER DISTSTYLE EVEN", "rewrites"),
        ("ALTER TABLE sale ALTER DISTKEY k", "rewrites"),
        ("ALTER TABLE sale ALTER SORTKEY AUTO", "rewrites"),
        ("ALTER TABLE sale ALTER COMPOUND SORTKEY (a, b)", "rewrites"),
        ("ALTER TABLE sale ALTER ENCODE AUTO", "rewrites"),
        ("CREATE TABLE vacuum_log (c int)", None),
        ("ALTER TABLE sale ADD COLUMN type int", None),
        ("ALTER TABLE sale RENAME COLUMN type TO kind", None),
        ("ALTER DATABASE mart OWNER TO me", None),
        ("INSERT INTO note VALUES ('VACUUM')", None),
        ("-- VACUUM\nSELECT 1", None),
        ("", None),
    ],
)
def test_what_cannot_share_a_transaction(statement, kind):
    assert boundary(statement) == kind


def test_what_may_run_twice():
    assert is_repeatable(" VACUUM sale")
    assert is_repeatable("TRUNCATE sale")
    assert not is_repeatable("CREATE DATABASE mart")
    assert not is_repeatable("ALTER TABLE sale APPEND FROM stage")


def test_what_controls_a_transaction():
    assert is_control("-- now\nCOMMIT")
    assert is_control("start  transaction")
    assert not is_control("ANALYZE sale")
