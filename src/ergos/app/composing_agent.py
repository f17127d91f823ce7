"""The agent that reads an owner's words with a model: one process, a few calls, within a budget of its own.

Its settings hold the prose, the local time and the zone; its outcome is the reading, or why there is none. What of a
reading counts is decided by whoever started it (`by_model_grounding`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.money import MICRO, Amount
from ergos.compile.model.asking import Reading, reading_of
from ergos.kernel.ledger import Caps
from ergos.kernel.models import ModelRequest, Reply
from ergos.kernel.supervisor import Supervision
from ergos.lib.agent import Context, agent, may

BUDGET: Final = Amount(MICRO // 4, -1)
"""What one compilation may cost: a quarter of a dollar, which is more than three calls of a usual model."""


class Asked(msgspec.Struct, frozen=True):
    """Its settings."""

    prose: str
    now: str
    zone: str


@agent(
    name="ergos-compiler",
    grants=[may("think", "model.*")],
    caps=Caps(process=BUDGET),
    supervision=Supervision(restart="never"),  # whoever waits for it goes on without a model
)
async def compiler(ctx: Context) -> dict[str, object]:
    """Three tries at most."""
    asked = msgspec.json.decode(ctx.beginning.definition.settings, type=Asked)

    async def ask(request: ModelRequest) -> Reply:
        said = await ctx.chat(request.messages, output=Reading, output_tokens_max=request.output_tokens_max)
        return said.reply

    came = await reading_of(asked.prose, asked.now, asked.zone, ask)
    return {"reading": msgspec.to_builtins(came.reading), "why": came.why, "tries": came.tries}
