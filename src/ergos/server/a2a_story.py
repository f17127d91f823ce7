"""The story of one task: a fold of its process's records into status, artifacts, history and the events of its streams.

    spawn ─► submitted    turn begins ─► working         says (`send` to 0) ─► message, artifact, input-required, …
    asks its owner ─► working, and says so                turn ends ─► input-required, unless it wakes itself
    done ─► completed, rejected        failed ─► failed        killed ─► canceled

Waiting for mail within a turn leaves no record; `rests` is told of it by whoever sees the process's row.

Rules: the same records make the same events with the same times, whoever folds them and whenever; nothing follows a
terminal state. What a failure says inside is its owner's: a peer is told its code. What was asked of the owner is not
told either, only that something was.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import (
    TERMINAL,
    Artifact,
    ArtifactCame,
    Said,
    Status,
    StatusMoved,
    TaskState,
    TaskView,
    Wire,
)
from ergos.kernel.calls import Failure
from ergos.server.a2a_sayings import Made, Telling, artifact_of, telling_of

EVENTS_KEPT_MAX: Final = 2_000  # events of one task that its streams can still catch up with
ARTIFACTS_MAX: Final = 1_000  # artifacts of one task; more are told, and not kept
PIECES_MAX: Final = 10_000  # parts of one artifact that is appended to
HISTORY_MAX: Final = 200  # messages of one task that are kept, the last ones; each may have megabytes

ASKS: Final = "The owner of this agent has been asked; nothing is needed from you."
PAUSED: Final = "The owner of this agent has paused it; nothing is needed from you."
STOPPED: Final = "It was stopped."
WITHHELD: Final = "It is done; what came of it is not meant for you. The owner of this agent has it."

Happened: TypeAlias = StatusMoved | ArtifactCame


class Numbered(msgspec.Struct, frozen=True):
    """An event, and the place of the record it follows from."""

    seq: int
    event: Happened


class Story:
    """One task so far."""

    def __init__(self, task_id: str, pid: Pid, first: Said, at_ns: int, peer: str = "") -> None:
        """`peer`: for whom it is done."""
        self.task_id: Final = task_id
        self.pid: Final = pid
        self.peer: Final = peer
        self.context_id: Final = first.context_id
        self.status = Status(state="submitted", at_ns=at_ns)
        self.seq = 0
        """The last record that was folded in."""
        self.at_ns = at_ns
        """When that was written."""
        self.began = 0
        """How many events there were before those kept."""
        self.events: list[Numbered] = []
        self.reply: Said | None = None
        """What it answers instead of a task, once it has ended so."""
        self._artifacts: dict[str, Artifact] = {}
        self._history: list[Said] = [first]
        self._unread: dict[int, Said] = {}
        """Messages in its mailbox, by number."""
        self._read: Final[set[int]] = set()
        """Messages it took, by number."""
        self._seen: set[int] = set()
        """Those that were there when its turn began."""
        self._said = 0
        self._last: Said | None = None
        """What it said last, until something is answered."""
        self._asks: set[int] = set()

    # As it stands

    @property
    def ended(self) -> bool:
        """Whether nothing will follow."""
        return self.status.state in TERMINAL

    @property
    def count(self) -> int:
        """How many events there were."""
        return self.began + len(self.events)

    @property
    def unread(self) -> int:
        """How many messages it has not read."""
        return len(self._unread)

    def view(self) -> TaskView:
        """The task as it stands."""
        return TaskView(
            id=self.task_id,
            context_id=self.context_id,
            status=self.status,
            artifacts=tuple(self._artifacts.values()),
            history=tuple(self._history),
        )

    def knows(self, said: Said) -> bool:
        """Whether this very message was told already."""
        return any(one.role == "user" and one.id == said.id and one.parts == said.parts for one in self._history)

    # What happens to it

    def begins(self, at_ns: int) -> None:
        """A turn began."""
        self._seen = set(self._unread)
        self._moved("working", at_ns)

    def told(self, mail: int, said: Said, at_ns: int) -> None:
        """A message was put into its mailbox."""
        if mail in self._unread or mail in self._read:
            return
        self._unread[mail] = said
        self._remember(said)
        self._last = None
        self._moved("working", at_ns)

    def read(self, mail: int, said: Said | None, at_ns: int) -> None:
        """It took a message from its mailbox. `said`: what it was, where it was not known."""
        if self._unread.pop(mail, None) is None and said is not None:
            self._remember(said)
        self._read.add(mail)
        self._seen.discard(mail)
        self._last = None
        self._moved("working", at_ns)

    def says(self, value: Plain, at_ns: int) -> None:
        """It said something to its peer, in the middle of its work."""
        telling = telling_of(value, outcome=False)
        self._bring(telling.artifacts)
        message = self._spoken(telling)
        if message is not None:
            self._remember(message)
            self._last = message
        if telling.state in ("input-required", "auth-required"):
            self._moved(telling.state, at_ns, message, always=True)
        elif message is not None or telling.state:
            self._moved("working", at_ns, message, always=message is not None)

    def asks(self, item: int, at_ns: int, *, answered: bool = False) -> None:
        """It waits for its owner: an approval, a question, a call in doubt; or its owner has answered."""
        if not answered:
            self._asks.add(item)
            self._moved("working", at_ns, self._own(ASKS, f"asked-{item}"), always=True)
        elif item in self._asks:
            self._asks.discard(item)
            if not self._asks:
                self._moved("working", at_ns, always=True)

    def paused(self, at_ns: int, *, on: bool) -> None:
        """Its owner paused it, or let it go on."""
        self._moved("working", at_ns, self._own(PAUSED, f"paused-{self.seq}") if on else None, always=True)

    def idles(self, *, wakes: bool) -> None:
        """Its turn ended. `wakes`: it goes on by itself, later."""
        for mail in self._seen & self._unread.keys():
            del self._unread[mail]  # it had the message before it and did not want it
        self._seen = set()
        if not wakes:
            self.rests()

    def rests(self) -> None:
        """It waits for a message, and for nothing else, since its last record."""
        if not self._unread and not self._asks and self.status.state in ("submitted", "working"):
            self._moved("input-required", self.at_ns, self._last)

    def completes(self, value: Plain, at_ns: int) -> None:
        """It ended well, with this outcome."""
        telling = telling_of(value, outcome=True)
        self._bring(telling.artifacts)
        message = self._spoken(telling)
        if telling.reply and message is not None and not telling.artifacts:
            self.reply = message
        self._moved("rejected" if telling.state == "rejected" else "completed", at_ns, message)

    def breaks_off(self, at_ns: int, failure: Failure | None, *, stopped: bool = False) -> None:
        """It failed, or was stopped."""
        if stopped:
            self._moved("canceled", at_ns, self._own(STOPPED, "stopped"))
            return
        code = failure.code if failure is not None else "E200"
        why = "what it needed was not permitted" if code.startswith("E3") else "it could not be finished"
        self._moved("failed", at_ns, self._own(f"The task failed: {why} ({code}).", "failed"))

    # How that is done

    def _moved(self, state: TaskState, at_ns: int, message: Said | None = None, *, always: bool = False) -> None:
        if self.ended or (state == self.status.state and not always):
            return
        self.status = Status(state=state, at_ns=at_ns, message=message)
        self._happened(StatusMoved(task_id=self.task_id, context_id=self.context_id, status=self.status))

    def _bring(self, made: tuple[Made, ...]) -> None:
        for one in made:
            artifact = artifact_of(one, len(self._artifacts) + 1)
            known = self._artifacts.get(artifact.id) if one.append else None
            if known is not None:
                parts: tuple[Wire, ...] = (*known.parts, *artifact.parts)[:PIECES_MAX]
                self._artifacts[artifact.id] = msgspec.structs.replace(known, parts=parts)
            elif artifact.id in self._artifacts or len(self._artifacts) < ARTIFACTS_MAX:
                self._artifacts[artifact.id] = artifact
            self._happened(
                ArtifactCame(
                    task_id=self.task_id,
                    context_id=self.context_id,
                    artifact=artifact,
                    append=known is not None,
                    last=one.last,
                )
            )

    def _spoken(self, telling: Telling) -> Said | None:
        if not telling.parts:
            return None
        self._said += 1
        return self._agent(telling.parts, f"said-{self._said}")

    def _own(self, text: str, what: str) -> Said:
        return self._agent(({"text": text},), what)

    def _agent(self, parts: tuple[Wire, ...], what: str) -> Said:
        return Said(
            id=f"{self.task_id}-{what}",
            role="agent",
            parts=parts,
            context_id=self.context_id,
            task_id=self.task_id,
        )

    def _remember(self, said: Said) -> None:
        self._history.append(said)
        if len(self._history) > HISTORY_MAX:
            del self._history[1]  # the first says what it is about

    def _happened(self, event: Happened) -> None:
        self.events.append(Numbered(self.seq, event))
        if len(self.events) > EVENTS_KEPT_MAX:
            half = EVENTS_KEPT_MAX // 2
            del self.events[:half]
            self.began += half
