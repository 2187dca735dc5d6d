"""MERGE (AWS r_MERGE): both clauses, one each, or REMOVE DUPLICATES. PostgreSQL's MERGE does the first.

REMOVE DUPLICATES puts the source's rows in the place of the target's rows that match them.
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.tokens import Stream


def check_merge(merge: exp.Merge) -> None:
    """Refuse what Redshift's grammar has not."""
    target = merge.this
    if target.alias:
        raise Refused(f'syntax error at or near "{target.alias}"', "42601")
    source = merge.args["using"]
    if isinstance(source, exp.Table) and (source.db, source.name) == (target.db, target.name):
        raise Refused("Source table and target table of MERGE cannot be the same", "0A000")
    if merge.args.get("with_") or merge.args.get("with"):
        raise Refused('syntax error at or near "MERGE"', "42601")
    whens = merge.args["whens"].expressions
    if len(whens) != 2 or not whens[0].args.get("matched") or whens[1].args.get("matched"):
        raise Refused("syntax error: MERGE needs WHEN MATCHED and WHEN NOT MATCHED, once each", "42601")
    _mend_insert(whens[1].args["then"])
    for when in whens:
        if when.args.get("condition") or when.args.get("source"):
            raise Refused('syntax error at or near "AND"', "42601")
        then = when.args["then"]
        if isinstance(then, exp.Update):
            for assignment in then.expressions:
                if isinstance(assignment.this, exp.Column) and assignment.this.table:
                    raise Refused('syntax error at or near "."', "42601")
        elif not isinstance(then, exp.Insert) and str(then.this).upper() not in ("DELETE",):
            raise Refused(f'syntax error at or near "{then.sql()}"', "42601")


def _mend_insert(then: exp.Expr) -> None:
    """INSERT VALUES (…) without columns: VALUES was read as a function."""
    if isinstance(then, exp.Insert) and not then.expression and isinstance(then.this, exp.Tuple):
        called = then.this.expressions[0]
        if isinstance(called, exp.Anonymous) and called.name.upper() == "VALUES":
            then.set("this", None)
            then.set("expression", exp.Tuple(expressions=called.expressions))


def remove_duplicates(stream: Stream) -> tuple[str, str]:
    """MERGE INTO … USING … ON … REMOVE DUPLICATES: the INSERT and the DELETE before it that do the same."""
    stream.expect("INTO")
    target = stream.until("USING")
    stream.expect("USING")
    source = stream.until("ON")
    stream.expect("ON")
    condition = stream.until("REMOVE")
    stream.expect("REMOVE", "DUPLICATES")
    stream.finish()
    return f"INSERT INTO {target} SELECT * FROM {source}", f"DELETE FROM {target} USING {source} WHERE {condition}"
