"""What was seen goes forward only, and never past what there is."""

from __future__ import annotations

from ergos.lib.agent import Context
from ergos.runtime.seen import SEEN, note_seen, seen_of

from .kernels import Rig, an_agent, play


async def works(ctx: Context) -> object:
    return "done"


def test_what_was_seen_goes_forward_only_and_never_past_what_there_is() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        await kernel.desk.end_of(await kernel.desk.spawn(rig.put(an_agent(works)), "alice"))
        store = kernel.machine.store
        head = (await store.head()).seq
        for until, stands in ((2, 2), (1, 2), (-5, 2), (10**9, head)):
            await note_seen(kernel.machine, "alice", until)
            assert seen_of(await store.facts(), "alice") == stands
        assert (await store.head()).seq == head, "looking leaves no record"

    play(scenario)


def test_owners_look_for_themselves_and_what_cannot_be_read_was_not_seen() -> None:
    facts = {f"{SEEN}alice": "7", f"{SEEN}bob": "much"}
    assert [seen_of(facts, owner) for owner in ("alice", "bob", "carol")] == [7, 0, 0]
