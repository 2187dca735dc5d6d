"""Texts that differ only in their constants are translated once.

Drivers that put values into the text themselves (psycopg2) send a new text with every call, and a program that inserts
many rows sends long lists of values. Two shapes are known again:

    … column = 17 …, also < > <= >= <> !=          a constant behind a comparison
    INSERT INTO t (a, b) VALUES (1, 'x'), …        rows of constants or parameters, however many

Nothing is assumed of what the translation does with a constant: a shape is believed once it was translated with
constants that occur nowhere else, they came out as they went in, and with the constants of the text at hand the result
is that text's own translation. A text with comments, backslashes or anything else out of the ordinary has no shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from warehouse.local.translate.plan import Ask, Pass, Plan

# How many shapes are remembered, and how long a text with comparisons may be.
_KEPT = 2048
_LONGEST = 10_000
# A statement with so many values is worth a probe when it comes the first time; others may not come again.
_MANY = 50
# A constant as long as this may be a name that PostgreSQL has under another one (long_names.py).
_NAME = 66

# A string, a number that is no part of a word, or a quoted name; the first two are constants.
_PIECE = re.compile(r"""('[^']*'|"[^"]*"|(?<![\w.$#])[0-9]{1,18}(?:\.[0-9]{1,18})?(?![\w.$]))""", re.ASCII)
_COMPARED = re.compile(r"[^\s=<>!]\s*(?:=|<>|!=|<=?|>=?)\s*\Z")
_UNUSUAL = re.compile(r"[\\;]|--|/\*|''|\$(?![0-9])")

_VALUE = r"(?>'(?>[^'\\]|'')*+'|-?[0-9]++(?:\.[0-9]++)?|NULL|TRUE|FALSE|\$[0-9]++)(?![\w.'])"
_ROW = rf"\(\s*+{_VALUE}(?>\s*+,\s*+{_VALUE})*+\s*+\)"
_INSERT = re.compile(
    rf'(\s*+INSERT\s++INTO\s++[\w."#]++\s*+(?:\([\w\s,"#]*+\)\s*+)?VALUES\s*+)({_ROW}(?>\s*+,\s*+{_ROW})*+)\s*+;?\s*+\Z',
    re.IGNORECASE | re.ASCII,
)
_FIRST_ROW = re.compile(_ROW, re.IGNORECASE | re.ASCII)
_ANY_VALUE = re.compile(_VALUE, re.IGNORECASE | re.ASCII)
# The beginning of a number that a text hardly has.
_PROBE = "918273640"
# One of each kind that _VALUE takes, as the translation writes it. Strings are a kind of their own: what they mean may
# be a question to the catalog (literals.py).
_KINDS = ("17", "-3", "2.50", "NULL", "TRUE", "FALSE", "$1")
_STRING = "'a''b'"


@dataclass(frozen=True)
class _Shape:
    """A plan whose SQL is cut where constants stand: one that passes, or one that most often does after a question."""

    plan: Pass | Ask
    parts: tuple[str, ...]

    def filled(self, text: str, constants: list[str]) -> Pass | Ask:
        sql = "".join([part + constant for part, constant in zip(self.parts, [*constants, ""], strict=True)])
        passed = replace(_passed(self.plan), sql=sql)
        return passed if isinstance(self.plan, Pass) else replace(self.plan, text=text, plain=passed)


def _passed(plan: Pass | Ask) -> Pass:
    passed = plan if isinstance(plan, Pass) else plan.plain
    assert isinstance(passed, Pass)
    return passed


class Shapes:
    """The shapes that have been met. Safe for use by many threads: what two learn at once is only learned twice."""

    def __init__(self, translate: Callable[[str], list[Plan]]) -> None:
        self._translate = translate
        self._seen: set[str] = set()
        # None: not to be believed.
        self._learned: dict[str, _Shape | None] = {}

    def plan(self, text: str) -> Pass | Ask | None:
        """The plan of `text`, when its shape is known or can be learned now."""
        if found := _INSERT.match(text):
            return self._insert(text, found[1], found[2])
        if len(text) > _LONGEST or _UNUSUAL.search(text):
            return None
        pieces = _PIECE.split(text)
        places = [at for at in range(1, len(pieces), 2) if pieces[at][0] != '"' and _COMPARED.search(pieces[at - 1])]
        if not places:
            return None
        constants = [pieces[at] for at in places]
        if any(len(constant.encode("utf-8")) >= _NAME and " " not in constant for constant in constants):
            return None
        for at, constant in zip(places, constants, strict=True):
            pieces[at] = "\0s" if constant[0] == "'" else "\0d" if "." in constant else "\0i"
        shape = self._shape("".join(pieces), lambda: self._comparisons(text, pieces, places), at_once=False)
        return shape.filled(text, constants) if shape else None

    def _insert(self, text: str, head: str, rows: str) -> Pass | Ask | None:
        first = _FIRST_ROW.match(rows)
        columns = len(_ANY_VALUE.findall(first[0])) if first else 0
        many = columns * rows.count("(") >= _MANY
        kinds = (_STRING, *_KINDS) if "'" in rows else _KINDS
        key = f"{columns} {len(kinds)} {head}"
        shape = self._shape(key, lambda: self._rows(head, columns, kinds), at_once=many)
        return shape.filled(text, [rows]) if shape else None

    def _shape(self, key: str, learn: Callable[[], _Shape | None], *, at_once: bool) -> _Shape | None:
        """The shape `key`; it is learned when it is new and comes for the second time, or `at_once`."""
        if key in self._learned:
            return self._learned[key]
        if not at_once and key not in self._seen:
            if len(self._seen) >= _KEPT:
                self._seen.clear()
            self._seen.add(key)
            return None
        if len(self._learned) >= _KEPT:
            self._learned.clear()
        found = self._learned[key] = learn()
        return found

    def _comparisons(self, text: str, pieces: list[str], places: list[int]) -> _Shape | None:
        probes, probed = [], list(pieces)
        for number, at in enumerate(places):
            whole = f"{_PROBE}{number:03}"
            probes.append({"\0s": f"'probe {whole}'", "\0d": f"{whole}.25", "\0i": whole}[pieces[at]])
            probed[at] = probes[-1]
        if _PROBE in text or len(places) > 999:
            return None
        plan = self._plain("".join(probed))
        if plan is None:
            return None
        parts, rest = [], _passed(plan).sql
        for probe in probes:
            before, found, rest = rest.partition(probe)
            if not found:
                return None
            parts.append(before)
        if _PROBE in "".join([*parts, rest]):
            return None
        shape = _Shape(plan, (*parts, rest))
        constants = [piece for at, piece in enumerate(_PIECE.split(text)) if at in places]
        return shape if shape.filled(text, constants) == self._plain(text) else None

    def _rows(self, head: str, columns: int, kinds: tuple[str, ...]) -> _Shape | None:
        rows = ", ".join(f"({', '.join([kind] * columns)})" for kind in kinds)
        plan = self._plain(head + rows)
        if plan is None or not _passed(plan).sql.endswith(rows):
            return None
        return _Shape(plan, (_passed(plan).sql.removesuffix(rows), ""))

    def _plain(self, text: str) -> Pass | Ask | None:
        """The plan of `text`, if it is of a kind that a shape may have."""
        plans = self._translate(text)
        plan = plans[0] if len(plans) == 1 else None
        if isinstance(plan, Ask) and isinstance(plan.plain, Pass) and _PROBE not in "".join(plan.questions):
            return plan
        return plan if isinstance(plan, Pass) else None
