"""Values of a running procedure: evaluated by PostgreSQL, kept as the text that it prints."""

from __future__ import annotations

import re
from collections.abc import Sequence

from warehouse.local.procedures.host import Answer, Host, Procedure, Thrown
from warehouse.local.procedures.variables import Scope, Variable, bind
from warehouse.local.translate import body as tree
from warehouse.local.translate.tokens import literal, quote

_SIZED = re.compile(r"(varchar|char)\((\d+)\)")


class Values:
    """What the statements of a procedure do with variables. Raises Thrown and Refused."""

    def __init__(self, host: Host, procedure: Procedure) -> None:
        self._host = host
        self._procedure = procedure
        # The queries of bound cursors, by the variable.
        self._cursors: dict[int, tree.Cursor] = {}

    def _evaluate(self, expression: str, kind: str, scope: Scope) -> str | None:
        text = self._host.text(*bind(f"SELECT {expression}", scope))
        rows = self._host.behind(f"SELECT CAST(x AS {_unsized(kind)}) FROM ({text}) AS s(x)").rows
        if len(rows) > 1:
            raise Thrown("21000", f'query "SELECT {expression}" returned more than one row')
        return _fitted(rows[0][0] if rows else None, kind)

    def _true(self, condition: str, scope: Scope) -> bool:
        return self._evaluate(condition, "boolean", scope) == "t"

    def _cast(self, source: Variable, kind: str) -> str | None:
        rows = self._host.behind(f"SELECT CAST({source.sql()} AS {_unsized(kind)})").rows
        return _fitted(rows[0][0], kind)

    def _assign(self, variable: Variable, value: str | None) -> None:
        if variable.constant:
            raise Thrown("22005", f'"{variable.name}" is declared CONSTANT')
        if value is None and variable.not_null:
            raise Thrown("22004", f'NULL cannot be assigned to variable "{variable.name}" declared NOT NULL')
        variable.value = value

    def _take(self, targets: Sequence[tuple[str, ...]], answer: Answer, scope: Scope) -> None:
        """Put the first row of an answer, or NULLs when there is none, into a record or a list of variables."""
        found = [scope.need(*target) for target in targets]
        row = answer.first or [None] * len(answer.columns)
        if len(found) == 1 and found[0].type == "record":
            named = zip(answer.columns, row, strict=True)
            found[0].fields = {name: Variable(name, kind, value) for (name, kind), value in named}
            return
        for at, variable in enumerate(found):
            value = row[at] if at < len(row) else None
            if value is not None and answer.columns[at][1] != variable.type:
                value = self._cast(Variable("", answer.columns[at][1], value), variable.type)
            self._assign(variable, value)

    def _declare(self, declarations: Sequence[tree.Declaration], scope: Scope) -> None:
        for one in declarations:
            if one.alias:
                scope.names[one.name] = scope.need(f"${one.alias}")
                continue
            variable = Variable(one.name, self._type(one.type))
            if one.cursor is not None:
                self._cursors[id(variable)] = one.cursor
            elif one.default:
                variable.value = self._evaluate(one.default, variable.type, scope)
            if one.not_null and variable.value is None:
                raise Thrown("22004", f'variable "{one.name}" declared NOT NULL cannot default to NULL')
            variable.constant, variable.not_null = one.constant, one.not_null
            scope.names[one.name] = variable

    def _type(self, kind: str) -> str:
        """The type that table.column%type stands for; any other as it is."""
        name, sign, what = kind.rpartition("%")
        if not sign:
            return kind
        if what == "rowtype":
            return "record"
        table, _, column = name.rpartition(".")
        relation = ".".join(quote(part) for part in table.split("."))
        found = self._host.behind(
            "SELECT pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute "
            f"WHERE attrelid = {literal(relation)}::regclass AND attname = {literal(column)} AND attnum > 0"
        ).rows
        if not found:
            raise Thrown("42703", f'column "{column}" of relation "{table}" does not exist')
        return str(found[0][0]).replace("character varying", "varchar").replace("character(", "char(")


def _unsized(kind: str) -> str:
    """What to cast to: a cast would cut a string that is too long."""
    if kind in ("record", "refcursor"):
        return "varchar"
    return "varchar" if _SIZED.fullmatch(kind) else kind


def _fitted(value: str | None, kind: str) -> str | None:
    """A string as a variable of that size takes it. Raises Thrown when it is too long."""
    sized = _SIZED.fullmatch(kind)
    if value is None or sized is None:
        return value
    size = int(sized[2])
    kept = value if sized[1] == "varchar" else value.rstrip(" ")
    if len(kept.encode()) > size:
        trimmed = kept.rstrip(" ")
        if len(trimmed.encode()) > size:
            name = "character varying" if sized[1] == "varchar" else "character"
            raise Thrown("22001", f"value too long for type {name}({size})")
        kept = kept[:size]
    return kept if sized[1] == "varchar" else kept.ljust(size)
