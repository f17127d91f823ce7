"""The program of steps: what runs an agent whose AGENT.md says its steps.

    first turn      arms the triggers of the definition and idles; without triggers: one run, and its outcome is the end
    a happening     one run of the steps, then idle again
    the owner       run, status, stop; `goal: …` and `plan: …` where the agent sets them
    a failure       tried again after a while where nothing was changed yet; several in a row: escalation

Rules: one run for each happening; deterministic apart from its calls; what is remembered is small (`steps_memory`). A
happening is data of whoever caused it, never an order. What a failure of the world means is decided here once: it is
counted, noted, and told to the owner as `escalation` says; a refusal and a no are not tried again.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.clock import SECOND
from ergos.base.errors import ApprovalDeniedError, ErgosError, ProgramError, WorldError
from ergos.kernel.syscalls import Idle
from ergos.kernel.triggers import Files
from ergos.lib.agent import Context, Message
from ergos.lib.steps_memory import TEXT_CHARS_MAX, Again, noted, past_of, pending, told_of
from ergos.lib.steps_owner import about, help_text, nothing_to_run_on, order_of, status
from ergos.lib.steps_plan import agreed, planned, steps_from
from ergos.lib.steps_run import Ended, Run, compared, digest, holds, is_no, refers
from ergos.lib.work import Escalation, Step, Work

RETRY_S: Final = (60, 600, 3_600, 21_600)  # seconds before a failed happening is tried again; the last one from then on
FAILURE_CHARS_MAX: Final = 500  # characters of a failure that is remembered
NOTIFY: Final = "notify.owner"
AGAIN: Final[Mapping[str, tuple[str, str, str]]] = {"en": ("again", "skip", "stop"), "zh": ("重试", "跳过", "停止")}


async def program(ctx: Context) -> object:
    """One turn."""
    return await _Turn(ctx).taken()


def work_of(ctx: Context) -> Work:
    """What the definition says is to be done."""
    return msgspec.json.decode(ctx.beginning.definition.work, type=Work)


class _Stopped(msgspec.Struct, frozen=True):
    """The process ends with this outcome."""

    outcome: Plain


class _Turn:
    """A turn: one happening at most."""

    def __init__(self, ctx: Context) -> None:
        self._ctx: Final = ctx
        self._work: Final = work_of(ctx)
        self._past = past_of(ctx.memory)
        self._language: Final = ctx.beginning.definition.language

    async def taken(self) -> Plain | Idle:
        """What the turn returns."""
        if not self._work.triggers:
            return await self._once()
        await self._armed()
        message = await self._ctx.receive(within_s=0)
        stopped = await (self._told(message) if message is not None else self._due())
        if stopped is not None:
            return stopped.outcome
        return self._idle()

    async def _once(self) -> Plain:
        """Without triggers: the steps once. Raises: ErgosErrors of the step that failed."""
        steps = await self._steps()
        if steps is None:
            return {"declined": "goal"}
        ended = await self._run(steps, told_of(self._ctx.memory))
        return {"declined": ended.declined} if ended.declined else ended.value

    async def _armed(self) -> None:
        """Arm the triggers, where they are not armed as the definition says."""
        named = digest_of(msgspec.to_builtins([self._work.triggers, self._work.timezone]))[:16]
        if self._past.armed != named:
            await self._ctx.watch()
            self._past = msgspec.structs.replace(self._past, armed=named)

    # What came

    async def _told(self, message: Message) -> _Stopped | None:
        """One message."""
        if message.trigger:
            fault = self._fault(message)
            if fault is None:
                return await self._happened(message.body)
            await self._say(f"{message.trigger}: {fault}"[:FAILURE_CHARS_MAX])  # it sees nothing; nothing happened
            return None
        if message.sender != 0:  # another process may tell something, and is not obeyed
            return None
        order, said = order_of(message.body)
        match order:
            case "run" if refers(self._work.steps, "event"):
                await self._say(nothing_to_run_on(self._language))
            case "run":
                return await self._happened({})
            case "stop":
                return _Stopped({"stopped": "by its owner", "runs": self._past.runs})
            case "status":
                await self._say(status(self._past, self._language))
            case "goal" if self._work.goal_by == "agent":
                self._past = await agreed(self._ctx, self._past, said)
            case "plan" if self._work.plan_by == "agent":
                self._past = await planned(self._ctx, self._past, self._goal(), said)
            case _:
                await self._say(help_text(self._language))
        return None

    async def _due(self) -> _Stopped | None:
        """Woken by the time: what is to be tried again."""
        due = [one for one in self._past.again if one.due_ns <= self._ctx.now_ns]
        if not due:
            return None
        rest = [one for one in self._past.again if one is not due[0]]
        self._past = msgspec.structs.replace(self._past, again=rest)
        return await self._happened(due[0].event, due[0].tries)

    async def _happened(self, body: Plain, tries: int = 0) -> _Stopped | None:
        """A run for a happening; again at once where its owner says so."""
        while True:
            run: Run | None = None
            try:
                steps = await self._steps()
                if steps is None:
                    return None
                run = Run(self._ctx, self._work, steps, self._scope(body))
                self._succeeded(steps, await run.to_end(), body)
            except ApprovalDeniedError as refused:
                self._past = msgspec.structs.replace(
                    self._past, declined=self._past.declined + 1, last_failure=refused.what[:FAILURE_CHARS_MAX]
                )
            except ErgosError as failure:
                tries += 1
                again = await self._failed(failure, body, tries, changed=run is not None and run.changed)
                if again is True:
                    continue
                return again or None
            return None

    # Runs

    async def _run(self, steps: Sequence[Step], body: Plain) -> Ended:
        ended = await Run(self._ctx, self._work, steps, self._scope(body)).to_end()
        self._succeeded(steps, ended, body)
        return ended

    async def _steps(self) -> tuple[Step, ...] | None:
        """The steps: of AGENT.md, or the agent's own. None: there is no goal that its owner agreed to."""
        if self._work.goal_by == "agent" and not self._past.goal:
            self._past = await agreed(self._ctx, self._past)
            if not self._past.goal:
                return None
        if self._work.plan_by == "agent" and not self._work.steps:
            self._past = await planned(self._ctx, self._past, self._goal())
            return steps_from(self._past.plan)
        return self._work.steps

    def _goal(self) -> str:
        return self._past.goal or self._ctx.beginning.definition.instructions

    def _scope(self, body: Plain) -> dict[str, Plain]:
        """What a run begins with."""
        told = body if isinstance(body, dict) else {"value": body}
        value = told.get("value")
        definition = self._ctx.beginning.definition
        settings: Plain = msgspec.json.decode(definition.settings)
        given = settings.get("sources") if isinstance(settings, dict) else None
        event: dict[str, Plain] = {**told, **value} if isinstance(value, dict) else dict(told)
        last: dict[str, Plain] = {**self._past.last}
        scope: dict[str, Plain] = {
            "event": event,
            "sources": given if given is not None else [source.at for source in self._work.sources],
            "settings": settings,
            "now": _now(self._ctx.now_ns, self._work.timezone),
            "agent": {"name": definition.agent, "goal": self._goal()},
            "last": last,
        }
        return scope

    def _succeeded(self, steps: Sequence[Step], ended: Ended, body: Plain) -> None:
        key = body.get("key") if isinstance(body, dict) else None
        reached = {
            one.name: self._ctx.now_ns
            for one in self._work.milestones
            if one.accept and one.name not in self._past.milestones and holds(one.accept, ended.scope, otherwise=False)
        }
        kept = {name: text[:TEXT_CHARS_MAX] for name, text in compared(steps, ended.scope).items()}
        self._past = msgspec.structs.replace(
            self._past,
            runs=self._past.runs + 1,
            declined=self._past.declined + (1 if ended.declined else 0),
            failed=0,
            last_key=str(key or ""),
            last_ns=self._ctx.now_ns,
            last_failure="",
            outcome=digest(ended.value),
            milestones={**self._past.milestones, **reached},
            last={**self._past.last, **kept},
        )

    # Failures

    async def _failed(self, failure: ErgosError, body: Plain, tries: int, *, changed: bool) -> bool | _Stopped:
        """Count it and do what is to be done. True: try again now."""
        what = failure.what[:FAILURE_CHARS_MAX]
        self._past = msgspec.structs.replace(
            self._past, failures=self._past.failures + 1, failed=self._past.failed + 1, last_failure=what
        )
        escalation = self._work.escalation or Escalation()
        may_retry = not changed and isinstance(failure, WorldError | ProgramError)
        if self._past.failed < escalation.after and tries < escalation.after:
            if may_retry:
                wait_s = RETRY_S[min(tries, len(RETRY_S)) - 1]
                again = Again(event=body, tries=tries, due_ns=self._ctx.now_ns + wait_s * SECOND)
                self._past = pending(self._past, again)
            else:  # nobody will do it again by itself
                await self._say(self._failure(what, body))
            return False
        return await self._escalate(escalation, what, body)

    async def _escalate(self, escalation: Escalation, what: str, body: Plain) -> bool | _Stopped:
        said = self._failure(what, body)
        if escalation.then == "stop":
            await self._say(said)
            return _Stopped({"stopped": said, "runs": self._past.runs})
        if escalation.then == "notify":
            await self._say(said)
            self._past = msgspec.structs.replace(self._past, failed=0)
            return False
        zh = self._language == "zh"
        choices = AGAIN["zh" if zh else "en"]
        answer = await self._ctx.ask(said + ("。接下来怎么办？" if zh else ". What now?"), choices)
        self._past = msgspec.structs.replace(self._past, failed=0)
        chosen = answer.strip().casefold()
        if chosen in {"stop", "停止"}:
            return _Stopped({"stopped": said, "runs": self._past.runs})
        return chosen not in {"skip", "跳过"} and not is_no(answer)

    def _failure(self, what: str, body: Plain) -> str:
        name, times, of = self._ctx.beginning.definition.agent, self._past.failed, about(body)
        if of and of not in what:
            what = f"{of}: {what}"
        if self._language == "zh":
            return f"{name} 连续失败 {times} 次：{what}" if times > 1 else f"{name} 失败：{what}"
        return f"{name} failed {times} times in a row: {what}" if times > 1 else f"{name} failed: {what}"

    def _fault(self, message: Message) -> str | None:
        """Why a trigger has seen nothing for a while, or saw what nobody can work on, where it tells that."""
        value = message.body.get("value") if isinstance(message.body, dict) else None
        if not isinstance(value, dict):
            return None
        if set(value) == {"fault"}:
            return str(value["fault"])
        kind = next((type(one) for one in self._work.triggers if one.name == message.trigger), None)
        return f"{about(value)}: {value['why']}" if kind is Files and "why" in value else None

    async def _say(self, text: str) -> None:
        """Tell the owner: into the memory, where `status` is looked up, and by notice where that is granted."""
        self._past = noted(self._past, self._ctx.now_ns, text)
        if any(tool.name == NOTIFY for tool in self._ctx.beginning.tools):
            # A notice that cannot be sent must not stop what it is about.
            await self._ctx.settled(self._ctx.act(NOTIFY, text=text))

    def _idle(self) -> Idle:
        """End the turn; wake when something is due to be tried again."""
        due = min((one.due_ns for one in self._past.again), default=None)
        wait_s = None if due is None else max(0.0, (due - self._ctx.now_ns) / SECOND)
        return self._ctx.idle(self._past, wake_in_s=wait_s)


def _now(at_ns: int, timezone: str) -> dict[str, Plain]:
    """The time of a run, where its owner lives."""
    try:
        zone: datetime.tzinfo = zoneinfo.ZoneInfo(timezone) if timezone else datetime.UTC
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zone = datetime.UTC
    here = datetime.datetime.fromtimestamp(at_ns // SECOND, zone)
    return {"iso": here.isoformat(), "date": here.date().isoformat(), "time": here.strftime("%H:%M"), "at_ns": at_ns}
