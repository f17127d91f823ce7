"""An inference engine without a model: what it does with calls, iteration by iteration, and how long each takes.

Continuous batching as vLLM does it: an iteration writes one token for every call that is decoding and spends what is
left of its token budget on reading prompts; waiting calls join when a place and the blocks for their prompt are free;
when decoding runs out of blocks, the call with the worst priority that came last gives its blocks back and is read
again later. An iteration takes

    base + read * tokens read + write * calls decoding + context * tokens of context

Rules: no I/O and no clock; times are exact integers; what follows from a submission depends on the order of
submissions and their times alone, and not on when anybody looks. Iterations that only decode are taken in one
jump, which gives the same times and blocks as one by one. Whoever drives it calls `step` no later than `next_ns`.
"""

from __future__ import annotations

import heapq
from typing import Final

import msgspec

from ergos.sim.grid.jobs import EngineShape, Event, Job, Tally
from ergos.sim.grid.jumps import blocks_grown, steps_in_memory, steps_in_time, stretch_ns
from ergos.sim.grid.prefix_cache import PrefixCache

WATERMARK_SHARE: Final = 100  # one block of so many stays free at admission, so that decoding does not preempt at once


class Seat:
    """A call in the engine, with what has become of it so far."""

    __slots__ = ("cached", "decoding", "from_step", "job", "joined", "key", "named", "read", "to_read", "wrote")

    def __init__(self, job: Job, key: tuple[int, int]) -> None:
        self.job = job
        self.key = key
        self.wrote = 0
        """Tokens written when it last began to decode."""
        self.from_step = 0
        """Of decoding: where it began, in the engine's count."""
        self.decoding = False
        self.joined = False
        self.read = 0
        """Tokens of `to_read` that are in memory."""
        self.to_read = 0
        self.named = 0
        """Blocks it holds that others may share."""
        self.cached = -1


class Engine:
    """One replica."""

    def __init__(self, shape: EngineShape | None = None) -> None:
        self.shape: Final = shape or EngineShape()
        self._speed = self.shape
        """Times as they are now: slower than the shape's while the engine is slowed down."""
        self.cache: Final = PrefixCache(self.shape.kv_tokens // self.shape.block_tokens)
        self.tally: Final = Tally()
        self._seats: dict[int, Seat] = {}
        self._waiting: list[tuple[tuple[int, int], int]] = []
        self._reading: list[Seat] = []
        self._decoding = 0
        self._frozen = 0
        self._context = 0
        """Tokens of context of all decoding calls."""
        self._step = 0
        """Iterations in which calls decoded, ever."""
        self._ends: list[tuple[int, int, int]] = []
        """(step at whose end a call has all its tokens, order, id)"""
        self._phases = [0] * self.shape.block_tokens
        """Of decoding calls: how many take a new block in a step of each remainder."""
        self._submitted = 0
        self._changed = False
        """Whether a waiting call might join now that could not before."""
        self._chunks: list[tuple[Seat, int]] = []
        self._end_ns = -1
        """When the iteration under way ends; -1: none is."""
        self._events: list[Event] = []

    # What callers do

    def submit(self, job: Job, now_ns: int) -> None:
        """A call arrives; it joins at the next iteration that has room."""
        assert job.prompt_tokens > 0, job
        assert job.output_tokens > 0, job
        assert job.id not in self._seats, job
        self._catch_up(now_ns)
        most = (self.cache.blocks - self.cache.blocks // WATERMARK_SHARE) * self.shape.block_tokens
        if job.prompt_tokens + job.output_tokens > most:
            self._events.append(Event("refused", job.id, now_ns))
            return
        self._submitted += 1
        key = (job.priority if self.shape.order == "priority" else 0, self._submitted)
        self._seats[job.id] = Seat(job, key)
        heapq.heappush(self._waiting, (key, job.id))
        self._changed = True
        if self._end_ns < 0:
            self._begin(now_ns)

    def abort(self, job_id: int, now_ns: int) -> bool:
        """Forget a call; what it has computed stays remembered. False: it is not here."""
        self._catch_up(now_ns)
        seat = self._seats.pop(job_id, None)
        if seat is None:
            return False
        if seat.joined:
            self._leave(seat, ahead=seat.decoding)
            self._chunks = [chunk for chunk in self._chunks if chunk[0] is not seat]
        self._changed = True
        if self._end_ns < 0:
            self._begin(now_ns)
        return True

    def fail_all(self, now_ns: int) -> None:
        """The engine dies and starts again, empty."""
        self._catch_up(now_ns)
        for job_id, seat in self._seats.items():
            if seat.joined:
                self._leave(seat, ahead=seat.decoding)
            self._events.append(Event("failed", job_id, now_ns))
        self._seats.clear()
        self._waiting.clear()
        self._chunks = []
        self._end_ns = -1
        self.cache.forget()

    def freeze(self, job_id: int, now_ns: int) -> bool:
        """A call stalls: it keeps its place and its blocks and gets no further. False: it is not running."""
        self._catch_up(now_ns)
        seat = self._seats.get(job_id)
        if seat is None or not seat.decoding:
            return False
        wrote = self._wrote(seat)
        self._stop_decoding(seat)
        seat.wrote, seat.read = wrote, seat.job.prompt_tokens + wrote
        self._frozen += 1
        return True

    def slow(self, permille: int, now_ns: int) -> None:
        """From the next iteration on everything takes so many thousandths of what it should."""
        self._catch_up(now_ns)
        shape = self.shape
        names = ("base_ns", "read_ns", "write_ns", "context_ns")
        self._speed = msgspec.structs.replace(
            shape, **{name: getattr(shape, name) * permille // 1_000 for name in names}
        )

    def step(self, now_ns: int) -> list[Event]:
        """All that has happened up to now and was not told yet, in order of time."""
        self._catch_up(now_ns)
        events, self._events = self._events, []
        return events

    def next_ns(self) -> int | None:
        """When something happens next if nobody submits or aborts; None: never. Something told already is at once."""
        if self._events:
            return self._events[0].at_ns
        if self._end_ns < 0:
            return None
        if self._chunks or self._changed:
            return self._end_ns
        return self._end_ns + stretch_ns(self._quiet_steps(), *self._rhythm())

    # What callers may see

    @property
    def running(self) -> int:
        """Calls that have a place."""
        return self._decoding + self._frozen + len(self._reading)

    @property
    def waiting(self) -> int:
        """Calls that have none."""
        return len(self._seats) - self.running

    def written(self, job_id: int) -> int:
        """Tokens a call has written at the last step; 0 for one that is not here."""
        seat = self._seats.get(job_id)
        return 0 if seat is None else self._wrote(seat)

    @property
    def iteration_ends_ns(self) -> int | None:
        """When the iteration under way ends; None: the engine is idle."""
        return None if self._end_ns < 0 else self._end_ns

    # How it goes on

    def _catch_up(self, now_ns: int) -> None:
        while 0 <= self._end_ns <= now_ns:
            at_ns = self._end_ns
            self._finish(at_ns)
            self._begin(at_ns)
            if self._end_ns > now_ns or self._chunks or self._changed or not self._decoding:
                continue
            self._jump(now_ns)

    def _begin(self, at_ns: int) -> None:
        """Compose the next iteration."""
        phase, preempted = self._step % self.shape.block_tokens, False
        while self._phases[phase] > self.cache.free:
            self._preempt(at_ns)
            preempted = True
        self.cache.grow(self._phases[phase])
        budget = self.shape.iteration_tokens_max - self._decoding
        self._chunks = []
        for seat in self._reading:
            budget = self._chunk(seat, budget)
        if self._changed and not preempted:
            self._changed = False
            self._admit(budget)
        if not self._decoding and not self._chunks:
            self._end_ns = -1
            return
        read = sum(tokens for _, tokens in self._chunks)
        context = self._context + sum(seat.read for seat, _ in self._chunks)
        speed = self._speed
        took = speed.base_ns + speed.read_ns * read + speed.write_ns * self._decoding + speed.context_ns * context
        self._end_ns = at_ns + took
        self.tally.busy_ns += took
        self.tally.iterations += 1
        self.tally.read_tokens += read

    def _chunk(self, seat: Seat, budget: int) -> int:
        tokens = min(budget, seat.to_read - seat.read)
        if tokens > 0:
            self._chunks.append((seat, tokens))
        return budget - max(tokens, 0)

    def _admit(self, budget: int) -> None:
        """Let waiting calls join, in order, until one does not fit."""
        size = self.shape.block_tokens
        spare = self.cache.blocks // WATERMARK_SHARE
        while self._waiting and self.running < self.shape.sequences_max:
            key, job_id = self._waiting[0]
            seat = self._seats.get(job_id)
            if seat is None or seat.key != key:  # aborted while it waited
                heapq.heappop(self._waiting)
                continue
            if budget <= 0:
                self._changed = True
                break
            tokens = seat.job.prompt_tokens + seat.wrote
            shared = self.cache.found(seat.job.blocks, (tokens - 1) // size)
            if not self.cache.take(seat.job.blocks, shared, tokens // size + 1 - shared, spare):
                break
            heapq.heappop(self._waiting)
            seat.joined, seat.to_read, seat.read, seat.named = True, tokens, shared * size, shared
            if seat.cached < 0:
                seat.cached = min(shared * size, seat.job.prompt_tokens)
                self.tally.cached_tokens += seat.cached
            self._reading.append(seat)
            budget = self._chunk(seat, budget)

    def _finish(self, at_ns: int) -> None:
        """The iteration under way is over: everybody has what it gave."""
        self._step += 1
        self._context += self._decoding
        self.tally.written_tokens += self._decoding
        while self._ends and self._ends[0][0] <= self._step:
            _, _, job_id = heapq.heappop(self._ends)
            seat = self._seats.get(job_id)
            if seat is not None and seat.decoding and self._wrote(seat) >= seat.job.output_tokens:
                self._leave(seat)
                self._done(seat, at_ns)
        for seat, tokens in self._chunks:
            seat.read += tokens
            if seat.read == seat.to_read:
                self._reading.remove(seat)
                self._decode(seat, at_ns)

    def _decode(self, seat: Seat, at_ns: int) -> None:
        """A prompt is read: its end gives one token, and the next come one an iteration."""
        size = self.shape.block_tokens
        full = min(seat.to_read // size, len(seat.job.blocks))
        if self.cache.name(seat.job.blocks, seat.named, full):
            self._changed = True
        seat.named = full
        seat.wrote += 1
        self.tally.written_tokens += 1
        if seat.wrote == 1:
            self._events.append(Event("first", seat.job.id, at_ns, seat.job.prompt_tokens, seat.cached, 1))
        tokens = seat.to_read + 1
        seat.decoding, seat.from_step = True, self._step
        self._decoding += 1
        self._context += tokens
        self._phases[(self._step - tokens) % size] += 1
        if seat.wrote >= seat.job.output_tokens:
            self._leave(seat)
            self._done(seat, at_ns)
        else:
            end = self._step + seat.job.output_tokens - seat.wrote
            heapq.heappush(self._ends, (end, seat.key[1], seat.job.id))

    def _done(self, seat: Seat, at_ns: int) -> None:
        job = seat.job
        del self._seats[job.id]
        self._changed = True
        self._events.append(Event("done", job.id, at_ns, job.prompt_tokens, seat.cached, job.output_tokens))

    def _preempt(self, at_ns: int) -> None:
        """Out of blocks: the worst call, of those the last, waits again and will be read again."""
        seats = (seat for seat in self._seats.values() if seat.decoding or seat in self._reading)
        seat = max(seats, key=lambda seat: seat.key)
        wrote = self._wrote(seat)
        self._leave(seat)
        seat.wrote, seat.joined = wrote, False
        heapq.heappush(self._waiting, (seat.key, seat.job.id))
        self._changed = True
        self.tally.preempted += 1
        self._events.append(Event("preempted", seat.job.id, at_ns, output_tokens=wrote))

    def _leave(self, seat: Seat, *, ahead: bool = False) -> None:
        """A call gives up place and blocks; `ahead`: the iteration under way has taken its next one already."""
        size = self.shape.block_tokens
        if seat.decoding:
            tokens = seat.job.prompt_tokens + self._wrote(seat)
            held = -(-(tokens + ahead) // size)
            self._stop_decoding(seat)
        elif seat in self._reading:
            tokens, held = seat.read, seat.to_read // size + 1
            self._reading.remove(seat)
        else:
            tokens = seat.read
            held = -(-tokens // size)
            self._frozen -= 1
        full = max(seat.named, min(tokens // size, len(seat.job.blocks)))
        self.cache.name(seat.job.blocks, seat.named, full)
        self.cache.release(seat.job.blocks, full, held - full)
        seat.named = 0

    def _stop_decoding(self, seat: Seat) -> None:
        tokens = seat.job.prompt_tokens + self._wrote(seat)
        self._phases[(self._step - tokens) % self.shape.block_tokens] -= 1
        self._context -= tokens
        self._decoding -= 1
        seat.decoding = False

    def _wrote(self, seat: Seat) -> int:
        return seat.wrote + (self._step - seat.from_step if seat.decoding else 0)

    # Many iterations at once

    def _quiet_steps(self) -> int:
        """Iterations after the one under way in which no call ends and memory suffices."""
        if not self._ends:
            return 0
        steps = max(self._ends[0][0] - self._step - 1, 0)
        return steps_in_memory(self._phases, self._step + 1, steps, self._decoding, self.cache.free)

    def _rhythm(self) -> tuple[int, int]:
        """Nanoseconds of the iteration after the one under way, and by how much each is longer than the one before."""
        speed, decoding = self._speed, self._decoding
        growth = speed.context_ns * decoding
        return speed.base_ns + speed.write_ns * decoding + speed.context_ns * self._context + growth, growth

    def _jump(self, now_ns: int) -> None:
        """Finish the quiet iterations that end by now at once; the next one is then under way."""
        steps = self._quiet_steps()
        if steps <= 0:
            return
        first, growth = self._rhythm()
        steps = min(steps, 1 + steps_in_time(now_ns - self._end_ns, first, growth))
        took = stretch_ns(steps, first, growth)
        self.cache.grow(blocks_grown(self._phases, self._step + 1, steps, self._decoding))
        self._end_ns += took
        self._step += steps
        self._context += steps * self._decoding
        self.tally.busy_ns += took
        self.tally.iterations += steps
        self.tally.written_tokens += steps * self._decoding
