from __future__ import annotations

import inspect

from ergos.app.views.model import Own
from ergos.app.views.own import OwnViews


def _signatures(kind: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(found, eval_str=True)
        for name, found in vars(kind).items()
        if inspect.isfunction(found) and not name.startswith("_")
    }


def test_the_views_of_an_owner_are_what_is_promised() -> None:
    """Same questions, same arguments, same defaults, same answers."""
    assert _signatures(Own) == _signatures(OwnViews)
