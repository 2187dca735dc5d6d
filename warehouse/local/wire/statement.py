"""What a session keeps of a statement's text: its plan, and what the query log wants to know of it.

All of it follows from the text, so it is worked out once; a text that comes again costs one look-up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from warehouse.local.translate import Nothing, Pass, Plan, Steps, Unload, split_texts, translate, translate_by_shape
from warehouse.local.translate.plan import Refused
from warehouse.local.translate.tokens import tokenize

# How many texts are kept. Longer ones (a multi-row INSERT) come once; keeping them would only cost memory.
_KEPT, _WORTH_KEEPING = 4096, 20_000
# Of one text in the query log.
_LONGEST = 16_000

_VIEWS = (
    r"st[lv]_(?:query|querytext|ddltext|utilitytext|recents|inflight|connection_log|sessions|tr_conflict)|"
    r"st[lv]_wlm_(?:query|query_state|service_class_state)|"
    r"sv[lv]_(?:statementtext|qlog|stored_proc_(?:call|messages)|query_(?:queue_info|metrics_summary|inflight))|"
    r"sys_(?:query_(?:history|text|detail)|connection_log)|pg_last_query_id"
)
# A view of a user's may read the log too; what it reads is what its session read last.
_READS = re.compile(rf'pg_redshift"?\."?(?:{_VIEWS})\b')
# Where PostgreSQL's text of a statement holds none of these, it answers with no name of a table or a column.
_CATALOGS = ("pg_", "information_schema", "regclass")
_LABEL = re.compile(r"SET (LOCAL )?redshift\.query_group = '((?:[^']|'')*)'|RESET ALL")
_VIEW = re.compile(r'^(?:CREATE (?:OR REPLACE )?VIEW |DO .*create_late_view\(\'+)(?:"[^"]+"\.)?"([^"]+)"')
# Statements whose texts hold no secret in a place that is known; all others are looked through.
_PLAIN = ("SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "ROLLBACK")
_SECRETS = {
    "CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "MASTER_SYMMETRIC_KEY", "PASSWORD",
}  # fmt: skip
_FILLERS = {"AS", "=", "TO"}
_QUERIES = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "UNLOAD"}
_FIRST = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*(\w+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    `logged` is its text without secrets, `word` its first one in upper case. `reads_log` is True when it reads the
    query log, `reads_names` when its answer may hold names of tables, `is_query` when it counts as the last query.
    `label` is the query group that it sets, for the transaction only when `label_is_local`.
    """

    plan: Plan
    logged: str
    word: str
    reads_log: bool
    reads_names: bool
    is_query: bool
    label: str | None
    label_is_local: bool

    @property
    def sql(self) -> str:
        """What PostgreSQL is given for it, where that is one statement or several."""
        return self.plan.sql if isinstance(self.plan, Pass) else self.plan.main if isinstance(self.plan, Steps) else ""

    @property
    def reads(self) -> tuple[str, ...]:
        """The user's relations that it scans, by their quoted names."""
        return self.plan.reads if isinstance(self.plan, Pass | Steps | Unload) else ()

    @property
    def makes_view(self) -> str:
        """The name of the view that it makes, or ""."""
        found = _VIEW.search(self.sql)
        return found[1] if found else ""

    @classmethod
    def of(cls, text: str, plan: Plan) -> Statement:
        sql = plan.sql if isinstance(plan, Pass) else plan.main if isinstance(plan, Steps) else ""
        label = _LABEL.match(sql)
        first = _FIRST.match(text)
        word = first[1].upper() if first else ""
        return cls(
            plan,
            redacted(text, plan)[:_LONGEST],
            word,
            "pg_redshift" in sql and _READS.search(sql) is not None,
            any(word in sql for word in _CATALOGS),
            word in _QUERIES,
            (label[2] or "unset").replace("''", "'") if label else None,
            bool(label and label[1]),
        )

    def decided(self, plan: Plan) -> Statement:
        """This statement, once it is known what its plan is (plan.Ask)."""
        return self if plan is self.plan else replace(Statement.of(self.logged, plan), logged=self.logged)


_kept: dict[str, tuple[Statement, ...]] = {}


def statements(text: str) -> tuple[Statement, ...]:
    """The statements of `text`; empty ones are left out."""
    found = _kept.get(text)
    if found is not None:
        return found
    if (plan := translate_by_shape(text)) is not None:
        return (Statement.of(text, plan),)
    plans = [plan for plan in translate(text) if not isinstance(plan, Nothing)]
    texts = [text] if len(plans) == 1 else split_texts(text, len(plans))
    found = tuple(Statement.of(one, plan) for one, plan in zip(texts, plans, strict=True))
    if len(text) <= _WORTH_KEEPING:
        if len(_kept) >= _KEPT:
            _kept.clear()
        _kept[text] = found
    return found


def redacted(text: str, plan: Plan) -> str:
    """`text` without what stands behind CREDENTIALS, PASSWORD and their like; one that cannot be cut loses its end."""
    if isinstance(plan, Pass) and plan.sql.startswith(_PLAIN):
        return text
    upper = text.upper()
    if not any(word in upper for word in _SECRETS):
        return text
    try:
        tokens = tokenize(text)
    except Refused:
        return text[: min(at for word in _SECRETS if (at := upper.find(word)) >= 0)]
    parts, at = [], 0
    for index, token in enumerate(tokens):
        if token.kind in ("string", "name") and _behind_secret(tokens, index):
            parts += [text[at : token.start], "'***'"]
            at = token.end
    return "".join(parts) + text[at:]


def _behind_secret(tokens: Sequence[object], index: int) -> bool:
    for token in reversed(tokens[:index]):
        word = getattr(token, "word", "") or getattr(token, "text", "").upper()
        if word not in _FILLERS:
            return word in _SECRETS
    return False
