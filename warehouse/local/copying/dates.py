"""DATEFORMAT and TIMEFORMAT: the text of a date or time to the text that PostgreSQL reads, or None when it is no such.

Sources: AWS r_DATEFORMAT_and_TIMEFORMAT_strings, automatic-recognition ("use a CAST function to test whether a value
will be automatically converted": 'auto' is the server's own reading of dates, so PostgreSQL is asked).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from warehouse.local.copying.failure import CopyError

# The text of a value, for PostgreSQL; None when it is not one.
Reader = Callable[[str], str | None]
# (type, text) -> the value as PostgreSQL writes it, or None.
Recognise = Callable[[str, str], str | None]

_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
# A date may be followed by a time, which is ignored.
_DATE = re.compile(rf"(?a)(\d{{4}}-\d{{2}}-\d{{2}})(?:[ T]{_TIME})?")
_TIMESTAMP = re.compile(rf"(?a)(\d{{4}}-\d{{2}}-\d{{2}})(?: {_TIME}(?:[+-]\d{{1,2}}(?::?\d{{2}})?)?)?")
_OF_DAY = re.compile(r"(?a)([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?([+-]\d{2}(:?\d{2})?)?")
# PostgreSQL's words for moments, and for none; they are no dates of a file.
_WORDS = re.compile(r"(?i)\b(now|today|tomorrow|yesterday|epoch|allballs|-?infinity)\b")


def date_reader(form: str, recognise: Recognise) -> Reader:
    """How the text of a DATE is read under DATEFORMAT `form` ("" for the default). Raises CopyError for the format."""
    if form == "auto":
        return _automatic("date", recognise)
    if not form:
        return _default_date
    pattern, build = _compile(form, "DATEFORMAT")
    return lambda text: _built(pattern, build, text)[:10] or None


def timestamp_reader(type_: str, form: str, recognise: Recognise) -> Reader:
    """How the text of a TIMESTAMP (or `type_` timestamptz) is read under TIMEFORMAT `form`."""
    if form == "auto":
        return _automatic(type_, recognise)
    if form in ("epochsecs", "epochmillisecs"):
        return _epoch(1 if form == "epochsecs" else 1000)
    if not form:
        return _default_timestamp
    pattern, build = _compile(form, "TIMEFORMAT")
    return lambda text: _built(pattern, build, text) or None


def time_reader(text: str) -> str | None:
    """How the text of a TIME or TIMETZ is read."""
    return text if _OF_DAY.fullmatch(text) else None


def _default_date(text: str) -> str | None:
    found = _DATE.fullmatch(text)
    return found[1] if found and _is_day(found[1]) else None


def _default_timestamp(text: str) -> str | None:
    found = _TIMESTAMP.fullmatch(text)
    return text if found and _is_day(found[1]) else None


def _is_day(text: str) -> bool:
    try:
        dt.date(int(text[:4]), int(text[5:7]), int(text[8:10]))
    except ValueError:
        return False
    return True


def _automatic(type_: str, recognise: Recognise) -> Reader:
    seen: dict[str, str | None] = {}

    def read(text: str) -> str | None:
        if text not in seen:
            if len(seen) > 100_000:
                seen.clear()
            seen[text] = None if _WORDS.search(text) else recognise(type_, text)
        return seen[text]

    return read


def _epoch(units: int) -> Reader:
    start = dt.datetime(1970, 1, 1)

    def read(text: str) -> str | None:
        if not re.fullmatch(r"(?a)[+-]?\d{1,18}(\.\d*)?", text):
            return None
        try:
            moment = start + dt.timedelta(microseconds=int(Decimal(text) * 1_000_000 // units))
        except (OverflowError, InvalidOperation):
            return None
        return f"{moment.isoformat(' ')}+00"

    return read


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_TOKEN = re.compile(r"(?i)YYYY|YY|MONTH|MON|MM|DD|HH24|HH12|HH|MI|SS|AM|PM|[^A-Z]|T(?=HH)")
_NUMBERS = {"MM": "month", "DD": "day", "HH24": "hour", "HH12": "half", "HH": "hour", "MI": "minute"}

_Build = Callable[[dict[str, str | None]], str]


def _compile(form: str, name: str) -> tuple[re.Pattern[str], _Build]:
    """A format string as a pattern, and what makes a timestamp of a match."""
    tokens, at = [], 0
    while at < len(form):
        found = _TOKEN.match(form, at)
        if not found:
            raise CopyError(f"not emulated: {name} '{form}'", "0A000", hint=f"The part that is unknown: {form[at:]}")
        tokens.append(found[0])
        at = found.end()
    parts: list[str] = []
    seen: set[str] = set()
    for token, behind in zip(tokens, [*tokens[1:], ""], strict=True):
        word = token.upper()
        # A number may leave its leading zero out, unless the next one follows at once.
        digits = r"\d{2}" if behind[:1].isalpha() else r"\d{1,2}"
        if word in ("YYYY", "YY"):
            part, group = rf"(?P<year>\d{{{len(word)}}})", "year"
        elif word in ("MON", "MONTH"):
            part, group = _MONTH, "month"
        elif word in _NUMBERS:
            group = _NUMBERS[word]
            part = rf"(?P<{group}>{digits})"
            group = "hour" if group == "half" else group
        elif word == "SS":
            part, group = rf"(?P<second>{digits})(?:\.(?P<fraction>\d{{1,6}}))?", "second"
        elif word in ("AM", "PM"):
            part, group = r"(?P<meridian>am|pm)", "meridian"
        else:
            part, group = re.escape(token), ""
        if group in seen:
            raise CopyError(f"{name} '{form}' names a part twice", "22007")
        seen |= {group} - {""}
        parts.append(part)
    if not {"year", "month", "day"} <= seen:
        raise CopyError(f"{name} '{form}' names no whole date", "22007")
    return re.compile("(?ai)" + "".join(parts)), _moment


def _moment(parts: dict[str, str | None]) -> str:
    year = int(parts["year"] or 0)
    if len(parts["year"] or "") == 2:  # as PostgreSQL reads two digits: 1970 to 2069
        year += 2000 if year < 70 else 1900
    month = parts.get("month")
    number = int(month) if month else _MONTHS.index((parts.get("mon") or "")[:3].lower()) + 1
    hour = int(parts.get("hour") or 0)
    if half := parts.get("half"):
        hour = int(half)
        if not 1 <= hour <= 12:
            raise ValueError(half)
    if meridian := parts.get("meridian"):
        hour = hour % 12 + (12 if meridian.lower() == "pm" else 0)
    moment = dt.datetime(
        year, number, int(parts["day"] or 0), hour, int(parts.get("minute") or 0), int(parts.get("second") or 0),
        int((parts.get("fraction") or "0").ljust(6, "0")),
    )  # fmt: skip
    return moment.isoformat(" ")


def _built(pattern: re.Pattern[str], build: _Build, text: str) -> str:
    found = pattern.fullmatch(text)
    if not found:
        return ""
    try:
        return build(found.groupdict())
    except ValueError:
        return ""
