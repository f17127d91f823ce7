"""Who works with whom as a picture: agents in layers, those who give work above those who take it.

Rules: pure and deterministic: the same traffic gives the same picture; a circle has a place, too;
what is beyond the bounds stands in the table only. Cost: O(edges x layers).
Source: Sugiyama, Tagawa and Toda (1981), in its plainest form: cycles cut, longest paths, barycentres.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ergos.app.views.own import TrafficRow

NODES_MAX: Final = 48  # agents of a picture; the busiest
EDGES_MAX: Final = 160  # edges of a picture
WIDE: Final = 190  # units of the widest box
NARROW: Final = 124  # units of the narrowest
TALL: Final = 46
GAP_X: Final = 28
GAP_Y: Final = 74
EDGE: Final = 14  # units around the picture
SWEEPS: Final = 4  # times the order within the layers is made better
STROKE_MAX: Final = 4  # units of the thickest edge
CHAR: Final = 8  # units that a character of a name takes


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """An agent in the picture."""

    name: str
    x: int
    y: int
    wide: int
    activity: int
    """Messages and processes it gave or got."""
    live: int
    chars: int
    """Characters of its name that fit."""


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """Work or words from one agent to another."""

    sender: str
    receiver: str
    path: str
    """Of SVG."""
    x: int
    y: int
    """Where its number stands."""
    stroke: float
    spawned: int
    sent: int
    tip: str
    """Points of its head."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    left_out: int
    """Agents that are not in it."""


def picture(rows: Sequence[TrafficRow], live: Mapping[str, int]) -> Picture:
    """The picture of traffic between agents. `live`: live processes by agent."""
    activity: dict[str, int] = {}
    for row in rows:
        for name in (row.sender, row.receiver):
            activity[name] = activity.get(name, 0) + row.spawned + row.sent
    names = sorted(activity, key=lambda name: (-activity[name], name))
    shown = set(names[:NODES_MAX])
    kept = [row for row in rows if row.sender in shown and row.receiver in shown]
    kept = sorted(kept, key=lambda row: (-(row.spawned + row.sent), row.sender, row.receiver))[:EDGES_MAX]
    layers = _ordered(_layers(sorted(shown), kept), kept)
    most = max([1, *(row.spawned + row.sent for row in kept)])
    busiest = max([1, *(activity[name] for name in shown)])
    widest = max((len(layer) for layer in layers), default=0)
    width = 2 * EDGE + max(1, widest) * (WIDE + GAP_X) - GAP_X
    nodes: dict[str, Node] = {}
    for depth, layer in enumerate(layers):
        taken = len(layer) * (WIDE + GAP_X) - GAP_X
        for place, name in enumerate(layer):
            wide = NARROW + (WIDE - NARROW) * activity[name].bit_length() // busiest.bit_length()
            nodes[name] = Node(
                name=name,
                x=(width - taken) // 2 + place * (WIDE + GAP_X) + (WIDE - wide) // 2,
                y=EDGE + depth * (TALL + GAP_Y),
                wide=wide,
                activity=activity[name],
                live=live.get(name, 0),
                chars=(wide - 2 * CHAR) // CHAR,
            )
    return Picture(
        nodes=tuple(nodes.values()),
        edges=tuple(_edge(row, nodes, most) for row in kept),
        width=width,
        height=2 * EDGE + max(1, len(layers)) * (TALL + GAP_Y) - GAP_Y + EDGE,
        left_out=max(0, len(names) - NODES_MAX),
    )


def _layers(names: Sequence[str], rows: Sequence[TrafficRow]) -> list[list[str]]:
    """Names by how far they stand from those whom nobody gives work; edges that close a circle do not count."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for row in rows:
        if row.sender != row.receiver:
            after[row.sender].append(row.receiver)
    given = {row.receiver for row in rows if row.sender != row.receiver}
    depth: dict[str, int] = {}
    ahead: dict[str, list[str]] = {name: [] for name in names}
    state: dict[str, int] = {}
    finished: list[str] = []
    for root in [*[name for name in names if name not in given], *names]:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(sorted(after[root])))]
        while stack:
            name, others = stack[-1]
            other = next(others, None)
            if other is None:
                state[name] = 2
                finished.append(name)
                stack.pop()
            elif state.get(other) != 1:
                ahead[name].append(other)
                if other not in state:
                    state[other] = 1
                    stack.append((other, iter(sorted(after[other]))))
    for name in reversed(finished):
        depth.setdefault(name, 0)
        for other in ahead[name]:
            depth[other] = max(depth.get(other, 0), depth[name] + 1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in names:
        layers[depth[name]].append(name)
    return layers


def _ordered(layers: list[list[str]], rows: Sequence[TrafficRow]) -> list[list[str]]:
    """Each layer in the order of the middle of its neighbours."""
    near: dict[str, list[str]] = {}
    for row in rows:
        near.setdefault(row.sender, []).append(row.receiver)
        near.setdefault(row.receiver, []).append(row.sender)
    for _ in range(SWEEPS):
        place = {name: (at + 1) / (len(layer) + 1) for layer in layers for at, name in enumerate(layer)}
        for layer in layers:
            middle = {
                name: sum(place[other] for other in near.get(name, [name])) / max(1, len(near.get(name, [name])))
                for name in layer
            }
            layer.sort(key=lambda name: (middle[name], name))
    return layers


def _edge(row: TrafficRow, nodes: Mapping[str, Node], most: int) -> Edge:
    one, other = nodes[row.sender], nodes[row.receiver]
    stroke = round(1 + (STROKE_MAX - 1) * (row.spawned + row.sent) / most, 1)
    if one is other:
        x, y = one.x + one.wide, one.y + TALL // 2
        path = f"M{x} {y - 8} C{x + 26} {y - 22} {x + 26} {y + 22} {x} {y + 8}"
        ends = (x, y + 8, -1, 0)
        middle = (x + 22, y + 4)
    else:
        down = other.y > one.y
        level = other.y == one.y
        x1, x2 = one.x + one.wide // 2, other.x + other.wide // 2
        if level:  # an arc below both
            y1 = y2 = one.y + TALL
            bend = y1 + GAP_Y // 2
            path = f"M{x1} {y1} C{x1} {bend} {x2} {bend} {x2} {y2}"
            ends = (x2, y2, 0, -1)
            middle = ((x1 + x2) // 2, bend - 8)
        else:
            shift = 10 if down else -10  # so that both directions are seen
            x1, x2 = x1 + shift, x2 + shift
            y1, y2 = (one.y + TALL, other.y) if down else (one.y, other.y + TALL)
            half = (y1 + y2) // 2
            path = f"M{x1} {y1} C{x1} {half} {x2} {half} {x2} {y2}"
            ends = (x2, y2, 0, 1 if down else -1)
            middle = ((x1 + x2) // 2 + 6, half)
    return Edge(
        sender=row.sender,
        receiver=row.receiver,
        path=path,
        x=middle[0],
        y=middle[1],
        stroke=stroke,
        spawned=row.spawned,
        sent=row.sent,
        tip=_tip(*ends),
    )


def _tip(x: int, y: int, dx: int, dy: int) -> str:
    """A small triangle that points along (dx, dy) and ends at (x, y)."""
    if dx:
        return f"{x},{y} {x - 9 * dx},{y - 6} {x - 9 * dx},{y + 6}"
    return f"{x},{y} {x - 6},{y - 9 * dy} {x + 6},{y - 9 * dy}"
