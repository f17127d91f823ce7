"""Names of the checks that AGENT.md can ask for under `acceptance`, and what each takes.

    acceptance:
      - {check: cited, of: brief}
      - {check: pages_max, of: brief, value: 2}

What a check looks at stands in `verify.standard_accept`; here only what must be known to read AGENT.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain

ACCEPT: Final = "accept"
"""The task that carries the checks out."""
PLAN: Final = "plan"
"""The task that drafts steps, for `plan_by: agent`."""
PROPOSE_GOAL: Final = "propose_goal"
"""The task that drafts a goal, for `goal_by: agent`."""

Parameter = Literal["none", "count", "text", "texts", "format"]
FORMATS: Final = ("json", "csv", "html", "markdown", "date", "email", "url", "number", "money")


class Check(msgspec.Struct, frozen=True):
    """What a check takes."""

    parameter: Parameter = "none"
    source: bool = False
    """It looks at what the step was given, too."""


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "cited": Check(),
        "pages_max": Check("count"),
        "words_max": Check("count"),
        "words_min": Check("count"),
        "items_max": Check("count"),
        "items_min": Check("count"),
        "language": Check("text"),
        "fields": Check("texts"),
        "found_in_source": Check(source=True),
        "numbers_in_source": Check(source=True),
        "not_empty": Check(),
        "contains": Check("texts"),
        "format": Check("format"),
    }
)


def misfit(name: str, value: Plain) -> str:
    """What is wrong with the parameter of a check, or ''. The check is one of CHECKS."""
    match CHECKS[name].parameter:
        case "none":
            return "" if value is None or value is True else "takes no value"
        case "count":
            good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            return "" if good else "takes a whole number"
        case "text":
            return "" if isinstance(value, str) and value.strip() else "takes a text"
        case "format":
            return "" if value in FORMATS else f"takes one of {', '.join(FORMATS)}"
        case "texts":
            listed = value if isinstance(value, list) else [value]
            good = bool(listed) and all(isinstance(one, str) and one.strip() for one in listed)
            return "" if good else "takes a list of texts"
