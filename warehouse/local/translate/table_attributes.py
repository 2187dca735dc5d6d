"""The table attributes of CREATE TABLE and of what is made from a query: BACKUP, DISTSTYLE, DISTKEY, SORTKEY.

Source: AWS r_CREATE_TABLE_NEW, r_CREATE_TABLE_AS, materialized-view-create-sql-command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.tokens import Stream

# As pg_class.reldiststyle has them (REDSHIFT.md, section 10).
DISTSTYLES = {"EVEN": 0, "KEY": 1, "ALL": 8, "AUTO": 9}
# Limits: REDSHIFT.md, section 1.
MAX_COMPOUND, MAX_INTERLEAVED, MAX_COLUMNS = 400, 8, 1600


@dataclass
class Attributes:
    """The table attributes behind the closing parenthesis. `backup` is None when nothing is said of it."""

    diststyle: str = ""
    distkey: str = ""
    sortstyle: str = ""
    sortkey: tuple[str, ...] = ()
    encode_auto: bool = False
    backup: bool | None = None

    @property
    def explicit(self) -> bool:
        """True when anything at all is said."""
        return self != Attributes()


def attributes(stream: Stream, *, positions: bool = False, stops: tuple[str, ...] = ()) -> Attributes:
    """Read attributes up to AS, one of `stops` or the end. With `positions`, keys may be numbers, counted from 1."""
    found = Attributes()
    names = _names_or_positions if positions else Stream.names
    while not stream.done and stream.peek().word not in ("AS", *stops):
        if stream.accept("BACKUP"):
            found.backup = _yes_or_no(stream)
        elif stream.accept("DISTSTYLE"):
            if found.diststyle:
                raise stream.syntax_error()
            word = stream.name().upper()
            if word not in DISTSTYLES:
                raise Refused(f'invalid DISTSTYLE "{word.lower()}"', "42601")
            found.diststyle = word
        elif stream.accept("DISTKEY"):
            keys = names(stream)
            if len(keys) > 1 or found.distkey:
                raise Refused("cannot specify more than one distribution key", "42P16")
            found.distkey = keys[0]
        elif stream.accept("ENCODE", "AUTO"):
            found.encode_auto = True
        elif stream.sees("SORTKEY") or stream.sees("COMPOUND") or stream.sees("INTERLEAVED"):
            _sortkey(stream, found, names)
        else:
            raise stream.syntax_error()
    return found


def _yes_or_no(stream: Stream) -> bool:
    if stream.accept("YES"):
        return True
    stream.expect("NO")
    return False


def _sortkey(stream: Stream, found: Attributes, names: Callable[[Stream], tuple[str, ...]]) -> None:
    if found.sortstyle:
        raise Refused("multiple SORTKEY clauses are not allowed", "42601")
    style = "interleaved" if stream.accept("INTERLEAVED") else "compound"
    if style == "compound":
        stream.accept("COMPOUND")
    stream.expect("SORTKEY")
    if stream.accept("AUTO"):
        found.sortstyle = "auto"
        return
    found.sortstyle, found.sortkey = style, names(stream)


def _names_or_positions(stream: Stream) -> tuple[str, ...]:
    stream.expect("(")
    found = []
    while True:
        found.append(str(stream.integer()) if stream.peek().kind == "number" else stream.name())
        if not stream.accept(","):
            break
    stream.expect(")")
    return tuple(found)


def check(distkeys: Sequence[str], sortkey: Sequence[str], given: Attributes) -> tuple[int, str]:
    """The distribution style's number and the sort style that the attributes amount to.

    Raises Refused for combinations that Redshift refuses.
    """
    if len(distkeys) > 1:
        raise Refused("cannot specify more than one distribution key", "42P16")
    if distkeys and given.diststyle not in ("", "KEY"):
        raise Refused(f"cannot specify DISTKEY with DISTSTYLE {given.diststyle}", "42P16")
    if given.diststyle == "KEY" and not distkeys:
        raise Refused("DISTSTYLE KEY requires a DISTKEY column", "42P16")
    sortstyle = given.sortstyle or ("compound" if sortkey else "auto")
    limit = MAX_INTERLEAVED if sortstyle == "interleaved" else MAX_COMPOUND
    if len(sortkey) > limit:
        raise Refused(f"{sortstyle} sort keys can have at most {limit} columns", "54011")
    if len(set(sortkey)) < len(sortkey):
        raise Refused("a column appears twice in SORTKEY", "42701")
    return DISTSTYLES[given.diststyle or ("KEY" if distkeys else "AUTO")], sortstyle
