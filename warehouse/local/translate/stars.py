"""SELECT * EXCLUDE columns (AWS r_EXCLUDE_list), and * where its columns have to be known."""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.probes import Translate, columns, probe


def exclude(tree: exp.Expr, translate: Translate) -> None:
    """Put the columns in the place of each star that leaves some out. Raises Refused, questions.Unsure."""
    for select in list(tree.find_all(exp.Select)):
        left_out = [*(select.args.get("exclude") or []), *_of_stars(select)]
        if not left_out:
            continue
        names = []
        for one in left_out:
            if not isinstance(one, exp.Column | exp.Identifier):
                raise Refused(f'syntax error at or near "{one.sql()}"', "42601")
            names.append(one.name)
        select.set("exclude", None)
        expand(select, translate, set(names))


def _of_stars(select: exp.Select) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    for item in select.expressions:
        star = item.this if isinstance(item, exp.Column) else item
        if isinstance(star, exp.Star):
            found += star.args.get("except_") or star.args.get("except") or []
    return found


def expand(select: exp.Select, translate: Translate, without: set[str]) -> None:
    """Put columns in the place of the stars in a select list; those named in `without` must be among the items."""
    sources = _aliases(select)
    wanted: list[str] = []
    for item in select.expressions:
        if isinstance(item, exp.Star):
            wanted += sources
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            wanted.append(item.table)
    stars = [exp.Column(this=exp.Star(), table=exp.to_identifier(name, quoted=True)) for name in wanted]
    listed = columns([probe(select, [star]) for star in stars], translate)
    found = iter(zip(wanted, listed, strict=True))
    items: list[exp.Expr] = []
    for item in select.expressions:
        if isinstance(item, exp.Star):
            for _ in sources:
                items += _named(*next(found))
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            items += _named(*next(found))
        else:
            items.append(item)
    names = {item.alias_or_name for item in items}
    for name in without - names:
        raise Refused(f'column "{name}" does not exist', "42703")
    kept = [item for item in items if item.alias_or_name not in without]
    if not kept:
        raise Refused("the select list is empty: every column is excluded", "42601")
    select.set("expressions", kept)


def _aliases(select: exp.Select) -> list[str]:
    source = select.args.get("from_") or select.args.get("from")
    if source is None:
        raise Refused("SELECT * with no tables specified is not valid", "42601")
    return [source.this.alias_or_name, *(join.this.alias_or_name for join in select.args.get("joins") or [])]


def _named(table: str, names: list[str]) -> list[exp.Expr]:
    return [
        exp.Column(this=exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True))
        for name in names
    ]
