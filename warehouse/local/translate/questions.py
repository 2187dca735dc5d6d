"""What a translation must know of the catalog, asked before it is a plan (plan.Ask).

A question is an SQL expression that gives a text. A translation that needs an answer calls `answer`: while there is
none, Unsure ends the translation and its questions go to the session, which asks them and translates again. One that
can go on as if the answer were empty calls `answer_or_none`: the plan that comes of it is taken when it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from warehouse.local.translate.plan import Refused


@dataclass
class _Conversation:
    answers: Mapping[str, str]
    open: list[str] = field(default_factory=list)


_current: ContextVar[_Conversation | None] = ContextVar("conversation", default=None)


class Unsure(Refused):
    """Raised with the questions that must be answered before this statement can be translated."""

    def __init__(self, questions: tuple[str, ...]) -> None:
        super().__init__("not emulated: what this statement means depends on the catalog")
        self.questions = questions


@contextmanager
def conversation(answers: Mapping[str, str]) -> Iterator[list[str]]:
    """Translate with these answers. Yields the questions that were passed over as if their answers were empty."""
    talk = _Conversation(answers)
    token = _current.set(talk)
    try:
        yield talk.open
    finally:
        _current.reset(token)


def answer(questions: Sequence[str]) -> Mapping[str, str]:
    """The answers to `questions`. Raises Unsure."""
    talk = _current.get()
    known = talk.answers if talk else {}
    missing = tuple(one for one in dict.fromkeys(questions) if one not in known)
    if missing:
        raise Unsure(missing)
    return known


def answer_or_none(question: str) -> str:
    """The answer to `question`; "" while there is none. Outside a conversation Unsure is raised."""
    talk = _current.get()
    if talk is None:
        raise Unsure((question,))
    if question not in talk.answers:
        talk.open.append(question)
    return talk.answers.get(question, "")
