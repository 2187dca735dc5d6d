"""SIGKILL, and an S3 that fails, at random moments of a load, an upsert, a history and an unload.

    pytest tests/crash/test_load_kills.py --kills 50 -s    tries of each kind of work (default: 2); -s shows every try
    pytest tests/crash/test_load_kills.py --kill-seed 7    the same victims and moments again, as a failure names them

The table is as before or as after, never a mixture; what an unload leaves is the manifest of before with its files, or
of after, or none. Whatever was left, the same work once more ends as if nothing had happened.

Half of the moments are spread over the whole measured time of an undisturbed run, one in each of equal slices; the
other half are aimed at one phase after the other, because the phases that matter most (commit) are the shortest.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
import redshift_connector
import sqlalchemy as sa

from warehouse.errors import DuplicateKeys

pytestmark = pytest.mark.crash

# Who dies. A killed session's process makes PostgreSQL end all its sessions and recover while our server lives.
VICTIMS = ("client", "server", "server and PostgreSQL", "all", "backend", "PostgreSQL", "S3 is busy", "S3 is closed")
KINDS = ("upsert", "merge", "load", "replace", "swap", "history", "unload")


class Stage(Protocol):
    """What conftest.py's Scene and Loader offer here."""

    def __getattr__(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Moment:
    """When to kill: some seconds after the beginning of a phase ("" is the whole run)."""

    victim: str
    phase: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.victim}, {self.seconds * 1000:.1f} ms into {self.phase or 'the run'}"


def moments(kills: int, phases: dict[str, float], chance: random.Random) -> Iterator[Moment]:
    """As many moments as `kills`, over all phases (name -> seconds that it takes undisturbed) and all victims."""
    whole = sum(phases.values())
    slices = list(range(-(-kills // 2)))
    chance.shuffle(slices)
    names = list(phases)
    chance.shuffle(names)
    victims: list[str] = []
    for number in range(kills):
        if not victims:
            victims = list(VICTIMS)
            chance.shuffle(victims)
        if number % 2 == 0:
            yield Moment(victims.pop(), "", (slices.pop() + chance.random()) / -(-kills // 2) * whole)
        else:
            phase = names[number // 2 % len(names)]
            yield Moment(victims.pop(), phase, chance.random() * max(phases[phase], 0.002))


def kill_at(moment: Moment, scene: Stage, loader: Stage) -> str:
    """Wait for the moment, then kill. Returns the phase that the loader was in; "over" when it was quicker."""
    deadline = None if moment.phase else time.monotonic() + moment.seconds
    phase = ""
    while deadline is None or time.monotonic() < deadline:
        if deadline is None and loader.phase == moment.phase:
            deadline = loader.phase_began + moment.seconds
            continue
        left = 60.0 if deadline is None else deadline - time.monotonic()
        if not loader.listen(left) and loader.process.poll() is not None:
            phase = "over"
            break
    scene.kill(moment.victim, loader)
    return phase or loader.phase


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--kill-seed")
    return random.SystemRandom().randrange(1 << 32) if given is None else int(given)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_leaves_the_old_or_the_new_state(
    kind: str, scene: Stage, scenarios: dict[str, Any], loaders: Any, seed: int, request: pytest.FixtureRequest
) -> None:
    scenario = scenarios[kind]
    scene.reset(scenario)
    undisturbed = loaders()
    undisturbed.go(scene.home, scenario, f"{kind} undisturbed")
    report = undisturbed.end()["done"]
    assert scenario.judge(scene.state(scenario)) == "new"
    counts = (report["inserted"], report["updated"], report["rows_read"])
    kills = request.config.getoption("--kills")
    print(f"\n{kind}: {kills} kills over {sum(undisturbed.seconds.values()):.2f} s, --kill-seed {seed}")
    began, ended = time.monotonic(), Counter[str]()
    for number, moment in enumerate(moments(kills, undisturbed.seconds, random.Random(f"{seed} {kind}"))):
        actor = f"{kind} {number}"
        story = f"try {number} ({moment}; --kill-seed {seed})"
        scene.reset(scenario)
        loader = loaders()
        loader.go(scene.home, scenario, actor)
        at = kill_at(moment, scene, loader)
        loaders()  # the next one gets ready meanwhile
        outcome = loader.end()
        try:
            scene.start(after=moment.victim)
            scene.settle()
            state = scenario.judge(scene.state(scenario))
            logged = scene.outcomes(actor)
            succeeded = [row for row in logged if row[0] == "succeeded"]
            assert "done" not in outcome or state == "new"
            if kind == "unload":
                # What lies in S3 is no part of the transaction: it may be there though nobody could write it down.
                assert succeeded in ([], [("succeeded", *counts)])
                assert not succeeded or state == "new"
            else:
                assert succeeded == ([("succeeded", *counts)] if state == "new" else [])
            if "failed" in outcome and moment.victim.startswith("S3"):
                assert [row[0] for row in logged] == ["failed"]
            assert scene.leftovers() == []
            # The next run, which the kill must not have made impossible.
            again_finds(scene, scenario, actor, state, counts)
            assert scenario.judge(scene.state(scenario)) == "new"
            assert scene.leftovers() == []
        except Exception as error:
            error.add_note(f"{story}, which was at {at} and ended so: {outcome}")
            raise
        ended[state] += 1
        print(f"  {number:3} {moment!s:45} at {at:8} -> {state}; {next(iter(outcome))}")
    print(f"{kind}: {dict(ended)} in {time.monotonic() - began:.0f} s")


def again_finds(scene: Stage, scenario: Any, actor: str, state: str, counts: tuple[int, int, int]) -> None:
    """The same work after a kill that left `state`: it completes, or finds that all is there already."""
    again = f"{actor} again"
    if scenario.kind == "load" and state == "new":
        with pytest.raises(DuplicateKeys):
            scene.run(scenario, again)
        return
    report = scene.run(scenario, again)
    inserted, updated, read = counts
    known = inserted if state == "new" and scenario.kind in ("upsert", "merge") else 0
    if state == "new" and scenario.kind == "history":
        # Every row equals its current version.
        inserted = updated = 0
    assert (report.inserted, report.updated, report.rows_read) == (inserted - known, updated + known, read)


def test_the_check_notices_a_commit_between_delete_and_insert(
    scene: Stage, scenarios: dict[str, Any], loaders: Any
) -> None:
    scenario = scenarios["upsert"]
    scene.reset(scenario)
    loader = loaders()
    loader.go(scene.home, scenario, "sabotage", sabotage="commit and wait")
    loader.wait_for("sabotaged")
    scene.kill("client", loader)
    assert loader.end() == {"killed": True}
    scene.settle()
    with pytest.raises(AssertionError, match="a mixture"):
        scenario.judge(scene.state(scenario))
    scene.run(scenario, "after the sabotage")
    assert scenario.judge(scene.state(scenario)) == "new"


def test_a_connection_that_breaks_during_commit_leaves_one_truth(
    scene: Stage, scenarios: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data is in, only the answer to COMMIT is lost: the log tells of a success, and nothing is tried again."""
    scenario = scenarios["upsert"]
    scene.reset(scenario)
    commit = sa.Connection.commit

    def cut(connection: sa.Connection) -> None:
        commit(connection)
        monkeypatch.undo()
        raise sa.exc.InterfaceError("COMMIT", None, redshift_connector.InterfaceError("BrokenPipe: socket closed"))

    monkeypatch.setattr(sa.Connection, "commit", cut)
    report = scene.run(scenario, "cut at commit")
    assert (report.outcome, report.attempts) == ("succeeded", 1)
    assert scenario.judge(scene.state(scenario)) == "new"
    assert [row[0] for row in scene.outcomes("cut at commit")] == ["succeeded"]
