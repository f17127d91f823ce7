"""Many calls as one program: code of a model runs in a cell, and each call it makes passes the door.

Needs a sandbox, and `pip install 'ergos[code]'`.
"""

from __future__ import annotations

from ergos.lib.agent import Context, agent, may, one_of
from ergos.lib.code_mode import run_code
from ergos.lib.tool import tool

ROWS = {"june": [120, 75], "july": [300, -40], "secret": [1_000_000]}


@tool("pure", local=True)
def sales(month: str) -> list[int]:
    """The sales of a month, in cents."""
    return ROWS[month]


# What a model would write: it calls tools as functions, and only its last line comes back.
CODE = """
total = sum(sum(sales(month=month)) for month in months)
try:
    sales(month="secret")
except PermissionError as error:
    print(error)
total
"""


@agent(grants=[may("act", "python.cell"), may("act", "sales", month=one_of("june", "july"))])
async def bookkeeper(ctx: Context) -> dict[str, object]:
    """Adds up two months; what is not granted to the agent is not granted to its code."""
    ran = await run_code(ctx, CODE, tools=["sales"], inputs={"months": ["june", "july"]})
    return {"total": ran.value, "calls": ran.calls, "printed": ran.stdout}
