"""One model call with a typed answer. Any model does it; `examples/scripted.toml` is one that needs no key."""

from __future__ import annotations

import msgspec

from ergos.base.money import Amount, parse_money
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may

NOTE = "Some 12,000 people came to the book fair in Hangzhou, a third more than last year."


class Event(msgspec.Struct, frozen=True):
    """What a note says of an event."""

    name: str
    city: str
    visitors: int


@agent(grants=[may("think", "model.*")], caps=Caps(process=Amount(parse_money("0.05usd"), -1)))
async def reader(ctx: Context) -> dict[str, object]:
    """Reads the note it is given; an answer of another shape would be an error and not a guess."""
    note = ctx.memory if isinstance(ctx.memory, str) else NOTE
    said = await ctx.chat(f"Fill in the form from this note.\n\n{note}", output=Event, output_tokens_max=500)
    return {"event": said.value, "by": said.model, "tokens": said.usage.tokens}
