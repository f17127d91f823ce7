"""Whoever gives work stands above whoever takes it; circles, crowds and lonely pairs have their place, too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.app.team_picture import EDGES_MAX, NODES_MAX, picture
from ergos.app.views.own import TrafficRow


def row(sender: str, receiver: str, spawned: int = 1, sent: int = 0) -> TrafficRow:
    return TrafficRow(sender=sender, receiver=receiver, spawned=spawned, sent=sent, last_ns=1)


def test_work_flows_downwards():
    drawn = picture([row("lead", "worker"), row("worker", "helper"), row("lead", "helper")], {"worker": 2})
    y = {node.name: node.y for node in drawn.nodes}
    assert y["lead"] < y["worker"] < y["helper"]
    assert {node.name: node.live for node in drawn.nodes}["worker"] == 2


def test_the_busier_is_wider_and_its_edge_thicker():
    drawn = picture([row("a", "b", 1_000), row("c", "d", 1)], {})
    wide = {node.name: node.wide for node in drawn.nodes}
    assert wide["a"] > wide["c"]
    stroke = {edge.sender: edge.stroke for edge in drawn.edges}
    assert stroke["a"] > stroke["c"]


names = st.sampled_from([f"n{at}" for at in range(60)])
traffic = st.lists(st.tuples(names, names, st.integers(0, 9), st.integers(0, 9)), max_size=300)


@given(traffic)
def test_every_picture_is_whole_and_the_same_again(rows: list[tuple[str, str, int, int]]) -> None:
    given_rows = [row(*one) for one in {(one[0], one[1]): one for one in rows}.values()]
    drawn = picture(given_rows, {})
    assert drawn == picture(list(reversed(given_rows)), {})
    assert len(drawn.nodes) <= NODES_MAX
    assert len(drawn.edges) <= EDGES_MAX
    assert drawn.left_out == max(
        0, len({name for one in given_rows for name in (one.sender, one.receiver)}) - NODES_MAX
    )
    places = {(node.x, node.y) for node in drawn.nodes}
    assert len(places) == len(drawn.nodes), "no two agents stand in one place"
    assert all(
        node.x >= 0 and node.x + node.wide <= drawn.width and node.y + 46 <= drawn.height for node in drawn.nodes
    )
