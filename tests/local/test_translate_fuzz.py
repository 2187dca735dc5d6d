"""Translation never raises: whatever text arrives, the answer is a list of plans."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.local.translate import Ask, Commit, Copy, Nothing, Pass, Refuse, Steps, Unload, translate
from warehouse.local.translate.tokens import Refused, tokenize

WORDS = re.split(
    r"\s+",
    r"""SELECT FROM WHERE INSERT INTO VALUES UPDATE SET DELETE USING CREATE TEMP TABLE LIKE AS ALTER ADD DROP COLUMN
    RENAME TO COPY UNLOAD CSV IAM_ROLE NULL DEFAULT NOT PRIMARY KEY REFERENCES IDENTITY ENCODE zstd DISTKEY SORTKEY
    COMPOUND INTERLEAVED DISTSTYLE AUTO EVEN INTEGER VARCHAR DECIMAL BEGIN COMMIT ROLLBACK SHOW COMMENT ON IS WITH
    UNION ALL ORDER BY LIMIT TOP CASE WHEN THEN END OVER PARTITION CAST EXISTS IN BETWEEN AND OR JOIN LEFT OUTER
    UNPIVOT PIVOT FOR AT o.items[0] a.b.c [1] EXCLUDE QUALIFY CONNECT START PRIOR LEVEL ROLLUP GROUPING NVL
    INTERVAL EXTRACT EPOCH TRUNCATE VACUUM ANALYZE LOCK EXPLAIN GRANT MERGE count max getdate t a b "T" "a""b" #tmp s3
    1 2.5 -1 'x' 'it''s' '\\' 's3://b/k' $1 $$x$$ E'x' ( ) , . ; * = <> + - / || :: [ ] % ~ ! @ # ? : { } " ' \ é""",
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=30))
@example("SELECT * FROM a, b WHERE a.x = b.x(+)")
@example("SELECT * EXCLUDE a FROM t")
@example("SELECT " + "(" * 5000)
@example("SELECT " + "-" * 5000 + "1")
@example("SELECT " + "1+" * 20000 + "1")
@example("CREATE TABLE t (a INTEGER DEFAULT " + "(" * 3000 + ")")
@example("\ud800")
@example("UNLOAD ('SELECT (') TO 's3://x' IAM_ROLE default")
def test_every_text_gets_plans(text):
    plans = translate(text)
    assert plans
    for plan in plans:
        assert isinstance(plan, Pass | Steps | Refuse | Copy | Unload | Commit | Ask | Nothing)
        if isinstance(plan, Refuse):
            assert plan.message and len(plan.sqlstate) == 5
            assert not plan.message.startswith("internal error"), plan.message


TYPES = ["double precision", "Character  Varying", "timestamp with time zone", "TIME WITHOUT TIME ZONE", "char varying"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, *TYPES]), max_size=12).map(" ".join))
@example("SELECT ab::double precision")
@example("SELECT a::double /* x */ precision -- y")
def test_tokens_stand_where_they_say(text):
    try:
        found = tokenize(text)
    except Refused:
        return
    assert [one.start for one in found] == sorted({one.start for one in found})
    for one in found:
        if one.kind in ("word", "number", "sign"):
            assert text[one.start : one.end].upper() == one.text.upper()
