"""Where the tools of a home come from: the one place that names every shop."""

from __future__ import annotations

from pathlib import Path

from ergos.app.made_shop import MadeShop
from ergos.app.making import propose_tool, workshop_at
from ergos.app.server_shop import ServerDesk, ServerShop
from ergos.app.tools_view import BuiltIn, Shop, ToolsView
from ergos.drivers.tools.catalogue import BuiltinParts, builtins, workspaces_of
from ergos.kernel.egress import EgressRules
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.wording import Language
from ergos.kernel.tool_settings import ToolSettings
from ergos.lib.skills import Shelf


def view_at(
    home: Path,
    language: Language,
    *,
    owner: str = "",
    desk: ServerDesk | None = None,
    rules: EgressRules | None = None,
) -> ToolsView:
    """Every tool of the home in this folder. `desk`: where its servers are asked; None: there are none. `rules`: by
    which anything leaves, so that a way out that leads nowhere is said.
    """
    shops: list[Shop] = [BuiltIn(built_in(home, owner)), MadeShop(workshop_at(home))]
    if desk is not None:
        shops.append(ServerShop(desk, rules))
    return ToolsView(shops, language)


def built_in(home: Path, owner: str = "") -> tuple[ToolSpec, ...]:
    """The definitions of the tools that come with ergos, by name. Nothing is opened or run."""
    parts = BuiltinParts(workspaces=workspaces_of(home, owner, ToolSettings()))
    specs = [tool.spec for tool in builtins(parts).values()]
    specs += [propose_tool(workshop_at(home)).spec, Shelf(()).tool().spec]
    return tuple(sorted(specs, key=lambda spec: spec.name))
