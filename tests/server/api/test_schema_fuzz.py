"""The API against its own document: thousands of requests made from it, at a real kernel behind its real gate.

What is not checked, and why:
* `ignored_auth`: the door slows down whoever shows wrong tokens, with 429; that every operation wants a good token is
  asked of each of them in `test_nothing_is_told_to_who_shows_no_token`.
* `allow_header_conformance`: the door answers methods that it never lets in (OPTIONS, TRACE) before it looks at the
  path, so its `Allow` is that of the site.
* A request that breaks a bound may be refused with 413 or 414, too.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import schemathesis
from schemathesis.engine import from_schema

from tests.server.api.daemons import Daemon, daemon, work

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
REJECTED = ["400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "428", "429"]


class Run(msgspec.Struct):
    """What came of one run."""

    statuses: dict[int, int]
    failures: list[str]
    reached: set[str]
    """Operations that did what was asked at least once."""

    @property
    def cases(self) -> int:
        return sum(self.statuses.values())


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with daemon(tmp_path_factory.mktemp("fuzz")) as one:
        work(one)
        yield one


def fuzzed(stands: Daemon, who: str, phases: tuple[str, ...], examples: int) -> Run:
    headers = {"Authorization": f"Bearer {stands.tokens[who]}"}
    config = schemathesis.Config.from_dict(
        {
            "seed": 7,
            "continue-on-failure": True,
            "request-timeout": 20.0,
            "headers": headers,
            "warnings": False,
            "generation": {"max-examples": examples, "no-shrink": True, "deterministic": True},
            "checks": {
                "ignored_auth": {"enabled": False},
                "allow_header_conformance": {"enabled": False},
                "negative_data_rejection": {"expected-statuses": REJECTED},
            },
            "phases": {name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")},
        }
    )
    schema = schemathesis.openapi.from_url(f"{stands.url}/openapi.json", config=config, headers=headers)
    run = Run(collections.Counter(), [], set())
    for event in from_schema(schema).execute():
        if type(event).__name__ in {"NonFatalError", "FatalError"}:
            run.failures.append(str(getattr(event, "info", None) or getattr(event, "exception", event))[:500])
        recorder = getattr(event, "recorder", None)
        if recorder is not None:
            _note(run, recorder)
    return run


def _note(run: Run, recorder: Any) -> None:
    for key, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        status = interaction.response.status_code
        run.statuses[status] = run.statuses.get(status, 0) + 1
        if status < 300:
            run.reached.add(recorder.cases[key].value.operation.label)
    for key, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                found = recorder.interactions[key]
                answer = found.response.content[:300] if found.response is not None else b""
                request = f"{found.request.method} {found.request.uri[:200]}"
                run.failures.append(f"{check.name}: {check.failure_info.failure}\n{request}\n{answer!r}"[:900])


@pytest.fixture(scope="module")
def runs(stands: Daemon) -> Iterator[dict[str, Run]]:
    """Runs by name, each made once."""
    made: dict[str, Run] = {}
    yield made
    assert stands.running.poll() is None, "the kernel ended"


# The keeper comes last: a run of theirs takes tokens back.
PLAN = {
    "a viewer, at random": ("vera", ("fuzzing",), 2),
    "another owner, every bound": ("bob", ("coverage",), 1),
    "the keeper, every bound": ("alice", ("examples", "coverage"), 1),
    "the keeper, at random and in sequences": ("alice", ("fuzzing", "stateful"), 3),
}


def made(name: str, stands: Daemon, runs: dict[str, Run]) -> Run:
    if name not in runs:
        runs[name] = fuzzed(stands, *PLAN[name])
    return runs[name]


@pytest.mark.parametrize("name", PLAN)
def test_every_answer_is_as_the_document_says(name: str, stands: Daemon, runs: dict[str, Run]) -> None:
    run = made(name, stands, runs)
    assert not run.failures, "\n\n".join(run.failures[:10])
    assert all(status < 500 for status in run.statuses), run.statuses
    assert run.cases > 100


def test_five_thousand_requests_were_made_and_most_operations_reached(stands: Daemon, runs: dict[str, Run]) -> None:
    every = [made(name, stands, runs) for name in PLAN]
    print({name: (run.cases, dict(run.statuses)) for name, run in runs.items()})
    assert sum(run.cases for run in every) >= 5_000
    reached = set[str]().union(*(run.reached for run in every))
    assert len(reached) >= 60, sorted(reached)


def test_the_kernel_is_well_and_its_journal_is_sound_afterwards(stands: Daemon, runs: dict[str, Run]) -> None:
    for name in PLAN:
        made(name, stands, runs)
    stands.ask("PUT", "/stop", {"on": False})
    status, found = stands.ask("GET", "/status")
    assert (status, found["fault"]) == (200, "")
    status, proof = stands.ask("POST", "/verify", {})
    assert (status, proof["sound"], proof["problem"]) == (200, True, "")
    pid = stands.ask("POST", "/processes", {"agent": "quick", "memory": "still here"})[1]["pid"]
    status, ends = stands.ask("GET", f"/processes/{pid}/wait")
    assert ends["state"] == "done"
    assert stands.ask("GET", f"/processes/{pid}/outcome")[1]["value"] == "you said still here"


def test_nothing_is_told_to_who_shows_no_token(stands: Daemon) -> None:
    document = stands.ask("GET", "/openapi.json")[1]
    for path, methods in document["paths"].items():
        for method in methods:
            place = path.replace("{pid}", "1").replace("{number}", "1").replace("{", "").replace("}", "")
            status, problem = stands.ask(method.upper(), place, {} if method in {"post", "put"} else None, who=None)
            assert status in {401, 429}, (method, path, status)
            assert problem["status"] == status
