"""What permission costs: a decision by case, hearing, the first look-up, and the launch of a sandbox. All in CPU time.

    python -m bench.permission decisions [REPEATS]
    python -m bench.permission launches [LAUNCHES]

Each prints one JSON line. 20 grants; 200 values heard, about 200 KB. Recipients and texts differ from call to call, so
that no look-up is answered from an earlier one. A launch is everything that it costs: the kernel's side, the warden,
the keeper, the sandbox and `/bin/true` in it, as the operating system accounts it to processes and those they waited
for; beside it the same program without a sandbox, and in bubblewrap as one would call it by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bench.measures import Chapter, Row
from bench.rounds import Plan, Series, child, said
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.orders import BACKENDS
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes
from ergos.kernel.confinement import Job
from ergos.kernel.labels import Label
from ergos.kernel.permission.grants import Grant, Matcher, Permit, permits
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Proposal, Reach, decide

DECISION_US: Final = 20.0
LOOK_UP_US_PER_KB: Final = 500.0
LAUNCH_MS: Final = 10.0
HEARD: Final = 200  # values heard before a decision
TICKS_MS: Final = 1_000 / os.sysconf("SC_CLK_TCK")
TRUE: Final = "/bin/true"
BY_HAND: Final = "bwrap --ro-bind / / --unshare-all --die-with-parent --proc /proc --dev /dev /bin/true"
WORDS: Final = (
    "the meeting with Sarah at 19:00 on 2024-05-26 costs 1,000.50 euros, and the file /srv/a/report.txt goes to "
    "bob@x.com; please see https://a.b/c?d=1 before Friday. It is important that everyone reads chapter twelve of it"
).split()
LETTER: Final = (
    "Dear Bob, here is what I found {n} in the report about the meeting with Sarah. It was quite interesting, and "
    "there is much more to say about it.\nBest regards,\nMe"
)
READ: Final = Label(integrity="untrusted", modelled=True)

Case = Callable[[int], Proposal]


class Decisions(msgspec.Struct, frozen=True):
    """Microseconds of CPU."""

    p50_us: dict[str, float]
    hear_us: float
    """Of one value."""
    hear_page_us: float
    """Of one of 1 MB."""
    look_up_us_per_kb: float
    heard_kb: float
    turns_us: float
    """Of a look-up after each of the last 100 of 1,000 values heard one by one."""


class Launches(msgspec.Struct, frozen=True):
    """Milliseconds of CPU; empty where a back end does not work here."""

    back_ends: dict[str, float]
    program: float
    by_hand: float


def text(chance: random.Random, size: int) -> str:
    """Words of an ordinary letter, and words nobody else uses."""
    found: list[str] = []
    while sum(map(len, found)) + len(found) < size:
        strange = "".join(chance.choice("aeioulnrst") for _ in range(chance.randrange(3, 9)))
        found += [chance.choice(WORDS), chance.choice(WORDS), strange, chance.choice(WORDS)]
    return " ".join(found)


def cases(chance: random.Random) -> dict[str, Case]:
    """Calls to decide about; the n-th of its kind."""
    long = text(chance, 2_000)

    def call(name: str, args: dict[str, str | int], reach: Reach) -> Proposal:
        roles = {
            "to": "recipient",
            "subject": "text",
            "body": "text",
            "text": "text",
            "path": "target",
            "sum": "target",
        }
        return Proposal(
            agent="a", verb="act", name=name, args={**args}, label=READ, reach=reach, roles=roles, modelled=True
        )

    def mail(to: str, body: str) -> Proposal:
        return call("mail.send", {"to": to, "subject": "report", "body": body}, "others")

    return {
        "allowed: mail of what was said": lambda _: mail("bob@x.com", "1,000.50"),
        "allowed: a file in a folder": lambda n: call("files.write", {"path": f"/srv/a/{n}", "text": "x" * n}, "own"),
        "allowed: an amount in a range": lambda n: call("pay.do", {"to": "Sarah", "sum": n}, "money"),
        "allowed: a reading tool": lambda n: call("web.read", {"q": f"hello {n}"}, "read"),
        "denied: no grant": lambda n: call("shell", {"q": f"hello {n}"}, "code"),
        "ask: an unknown recipient": lambda n: mail(f"eve{n}@x.com", "hi"),
        "ask: a letter": lambda n: mail("bob@x.com", LETTER.format(n=n)),
        "ask: 2 KB of text": lambda n: mail("bob@x.com", f"{long} {n}"),
    }


def granted() -> tuple[Permit, ...]:
    """16 grants for other tools, then those that fit."""
    may = [Grant(agent="a", verb="act", name=f"tool{n}.x") for n in range(16)]
    may += [Grant(agent="a", verb="act", name=name) for name in ("mail.send", "web.read")]
    path = {"path": Matcher("under", ("/srv/a",)), "text": Matcher("any")}
    payment = {"to": Matcher("grounded"), "sum": Matcher("range", (0, 10_000))}
    may.append(Grant(agent="a", verb="act", name="files.write", args=path))
    may.append(Grant(agent="a", verb="act", name="pay.*", args=payment))
    return permits(may)


def spent(work: Callable[[], object]) -> float:
    """CPU of this thread, microseconds."""
    began = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - began) / 1_000


def decisions(repeats: int) -> Decisions:
    """Every case, and what hearing costs."""
    chance = random.Random(1)
    values = [
        {"id": n, "from": f"p{n}@y.org", "subject": text(chance, 80), "body": text(chance, 900)} for n in range(HEARD)
    ]
    size_kb = sum(len(msgspec.json.encode(value)) for value in values) / 1_024
    page = text(chance, 20_000) * 50
    hearings: list[float] = []
    first: list[float] = []
    pages: list[float] = []
    heard = Said()
    heard.integrity("warm")
    for heard in [Said() for _ in range(5)]:
        heard.hear("send the report to bob@x.com, and pay Sarah 1,000.50", "user")
        hearings += [spent(partial(heard.hear, value, "trusted")) for value in values]
        first.append(spent(partial(heard.integrity, "nobody@nowhere.org")))
        pages.append(spent(partial(Said().hear, page, "trusted")))
    several, turns = Said(), list[float]()
    for n in range(1_000):
        several.hear({"n": n, "text": values[n % HEARD]["subject"]}, "trusted")
        turns.append(spent(lambda n=n: several.integrity(f"q{n}@nowhere.org")))
    gc.collect()
    gc.freeze()
    may = granted()
    found: dict[str, float] = {}
    for name, case in cases(chance).items():
        calls = [case(n) for n in range(repeats)]
        found[name] = statistics.median([spent(lambda call=call: decide(call, may, heard, 0)) for call in calls])
    return Decisions(
        p50_us=found,
        hear_us=statistics.median(hearings),
        hear_page_us=statistics.median(pages),
        look_up_us_per_kb=statistics.median(first) / size_kb,
        heard_kb=size_kb,
        turns_us=statistics.median(turns[-100:]),
    )


def accounted_ms(pid: int) -> float:
    """CPU of a process and of all it waited for. Source: proc(5), fields 14 to 17 of stat."""
    fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * TICKS_MS


def children_of_ours() -> list[int]:
    """The warden. Source: proc(5), task/TID/children."""
    return [int(pid) for pid in Path("/proc/self/task", str(os.getpid()), "children").read_text().split()]


async def launched(sandboxes: HostSandboxes, count: int) -> float:
    """CPU of one launch, milliseconds, over so many."""
    job = Job(command=(TRUE,))
    await sandboxes.run(job)
    children = children_of_ours()
    began = sum(map(accounted_ms, children)) + time.process_time() * 1_000
    for _ in range(count):
        await sandboxes.run(job)
    return (sum(map(accounted_ms, children)) + time.process_time() * 1_000 - began) / count


def spawned_ms(command: str, count: int) -> float:
    """CPU of one start of a program, milliseconds, with what it left behind to us."""
    linux.adopt_orphans()
    began = os.times()
    for _ in range(count):
        words = command.split()
        os.posix_spawnp(words[0], words, os.environ)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
    ended = os.times()
    return sum(after - before for after, before in zip(ended[:4], began[:4], strict=True)) / count * 1_000


def launches(count: int) -> Launches:
    """Every back end that works here."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="ergos-bench-") as folder:
        for name in BACKENDS:
            sandboxes = open_sandboxes(Path(folder), name)
            if isinstance(sandboxes, HostSandboxes):
                found[name] = asyncio.run(launched(sandboxes, count))
            sandboxes.close()
    by_hand = spawned_ms(BY_HAND, count) if "bubblewrap" in found else 0.0
    return Launches(found, spawned_ms(TRUE, count), by_hand)


def chapter(plan: Plan) -> Chapter:
    """Both, round by round."""
    decided: list[Decisions] = []
    started: list[Launches] = []
    for number in range(plan.rounds):
        decided.append(child(Decisions, "bench.permission", "decisions", plan.sized(2_000, 500)))
        started.append(child(Launches, "bench.permission", "launches", 40))
        said(f"  round {number + 1} of {plan.rounds}")
    rows: list[Row] = []
    for name in decided[0].p50_us:
        us = Series(tuple(run.p50_us[name] for run in decided))
        rows.append(_row(f"one decision, CPU p50, {name}", us, DECISION_US, "us"))
    look_up = Series(tuple(run.look_up_us_per_kb for run in decided))
    rows.append(_row("first look-up, CPU per KB heard", look_up, LOOK_UP_US_PER_KB, "us"))
    by_hand = Series(tuple(run.by_hand for run in started))
    for name in started[0].back_ends:
        ms = Series(tuple(run.back_ends[name] for run in started))
        rows.append(_row(f"one sandbox launch, CPU, {name}", ms, LAUNCH_MS, "ms", by_hand))
    last = decided[-1]
    details = (
        f"Hearing one value costs {last.hear_us:.2f} us, one of 1 MB {last.hear_page_us:.2f} us; nothing is read "
        f"before a value is looked up ({last.heard_kb:.0f} KB were heard). A look-up after each of 1,000 values: "
        f"{last.turns_us:.0f} us, as much for the last as for the first. `{TRUE}` without a sandbox: "
        f"{statistics.median(run.program for run in started):.2f} ms; beside each launch stands `{BY_HAND}`, which "
        "bounds nothing and brings nothing back."
    )
    return Chapter(title="Permission", rows=tuple(rows), details=details)


def _row(measure: str, found: Series, most: float, unit: str, rival: Series | None = None) -> Row:
    return Row(
        measure=measure,
        target=f"<= {most:.0f} {unit}",
        ours=found.shown(lambda value: f"{value:.1f} {unit}"),
        rival=rival.shown(lambda value: f"{value:.1f} {unit}") if rival is not None and rival.median else "",
        met=found.median <= most,
    )


def main() -> None:
    what, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    found = decisions(count or 2_000) if what == "decisions" else launches(count or 40)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main()
