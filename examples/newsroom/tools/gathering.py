"""Reading sources: feeds, pages, PDF, Markdown, folders."""

from __future__ import annotations

from ergos.drivers.host import HostClock
from ergos.drivers.sources.fetch import HttpFetcher
from ergos.drivers.sources.gather import Gathered
from ergos.drivers.sources.gather import gather as read_all
from ergos.kernel.packages import Errand
from ergos.lib.tool import tool


@tool(effect="pure", deadline_s=300)
async def gather(sources: list[str], *, errand: Errand) -> Gathered:
    """Read every source; what cannot be read is listed with its reason, the others go on."""
    return await read_all(sources, fetcher=HttpFetcher(), clock=HostClock().now_ns, deadline_ns=errand.deadline_ns)
