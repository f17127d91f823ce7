"""Operations on the API itself: its document, and the list of operations for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ergos.server.api.operation import Answered, Asked, Operation

if TYPE_CHECKING:
    from starlette.responses import Response


async def document(asked: Asked, _: object, __: None) -> Answered:
    """The document."""
    return Answered(body=msgspec.Raw(asked.parts.document()))


async def page(asked: Asked, _: object, __: None) -> Response:
    """The list, for people."""
    from starlette.responses import Response

    return Response(asked.parts.page(), media_type="text/html", headers={"cache-control": "private, no-cache"})


OPERATIONS: Final = (
    Operation(
        id="getDocument", method="GET", path="/openapi.json", tag="document", run=document, reply=dict[str, Any],
        agents=True, tagged=True, summary="Show this document.",
    ),
    Operation(
        id="listOperations", method="GET", path="/operations", tag="document", run=page, agents=True,
        media="text/html", reply=str, summary="Show the list of operations, as a page for people.",
    ),
)  # fmt: skip
