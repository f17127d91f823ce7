"""A name is resolved once, its addresses are judged, and the judged address is dialled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from ergos.base.errors import DeadlineError, EgressRefusedError
from ergos.base.world_errors import HttpError
from ergos.drivers.egress.decision import Permitted
from ergos.drivers.egress.dialling import Dialler, SystemNames
from ergos.kernel.egress import EgressRule
from ergos.kernel.hosts import Host
from tests.drivers.http.wires import HOST, run

from .outside import Names, outside, rule

NAME = Host("a.example.com")
PUBLIC = Permitted(EgressRule(name="a", host="a.example.com"), 443)


async def judged(found: Sequence[str], permitted: Permitted = PUBLIC, host: Host = NAME) -> list[str]:
    return await Dialler(resolve=Names({host.name: found})).addresses(host, permitted)


def test_of_several_addresses_the_good_ones_are_left_in_their_order() -> None:
    assert asyncio.run(judged(["10.0.0.1", "1.1.1.1", "::1", "2606:4700::1111", "1.1.1.1"])) == [
        "1.1.1.1",
        "2606:4700::1111",
    ]


@pytest.mark.parametrize(
    "found", [[], ["10.0.0.1"], ["127.0.0.1", "::1"], ["fe80::1%lo"], ["nonsense"], ["::ffff:1.1.1.1"]]
)
def test_a_name_with_no_good_address_is_refused(found: list[str]) -> None:
    with pytest.raises(EgressRefusedError):
        asyncio.run(judged(found))


def test_a_private_rule_opens_exactly_the_addresses_it_names() -> None:
    private = Permitted(
        EgressRule(name="a", host="a.example.com", private=True, addresses=("10.1.2.3", "fd00::1")), 443
    )
    assert asyncio.run(judged(["10.1.2.3", "10.1.2.4", "fd00:0::1", "127.0.0.1"], private)) == ["10.1.2.3", "fd00::1"]
    closed = Permitted(EgressRule(name="a", host="a.example.com", addresses=("10.1.2.3",)), 443)
    with pytest.raises(EgressRefusedError):
        asyncio.run(judged(["10.1.2.3"], closed))


def test_an_address_in_a_rule_is_never_looked_up() -> None:
    async def test() -> None:
        names = Names({})
        dialler, inner = Dialler(resolve=names), Host("127.0.0.1", address=True)
        assert await dialler.addresses(inner, Permitted(EgressRule(name="a", host="127.0.0.1", private=True), 80)) == [
            HOST
        ]
        with pytest.raises(EgressRefusedError, match="this machine"):
            await dialler.addresses(inner, Permitted(EgressRule(name="a", host="127.0.0.1"), 80))
        assert not names.asked

    asyncio.run(test())


def test_a_name_nobody_knows_is_an_error_of_the_world() -> None:
    with pytest.raises(HttpError, match="DNS"):
        asyncio.run(Dialler(resolve=Names({})).addresses(NAME, PUBLIC))


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    async def test() -> None:
        async with outside() as far:
            permitted = Permitted(rule(far.port, addresses=(HOST, "127.0.0.2", "::1")), far.port)
            dialler = Dialler(resolve=Names({"api.example.com": ["::1", HOST]}))
            loop = asyncio.get_running_loop()
            pipe = await dialler.connect(
                Host("api.example.com"), permitted, asyncio.Protocol, deadline=loop.time() + 9, secure=False
            )
            assert isinstance(pipe, asyncio.Protocol)

    asyncio.run(test())


def test_nobody_there_is_told_with_the_name_and_not_the_address() -> None:
    async def test() -> None:
        async with outside() as far:
            port = far.port
        permitted = Permitted(rule(port), port)
        dialler = Dialler(resolve=Names({"api.example.com": [HOST]}))
        loop = asyncio.get_running_loop()
        with pytest.raises(HttpError, match=f"no connection to api.example.com:{port}"):
            await dialler.connect(
                Host("api.example.com"), permitted, asyncio.Protocol, deadline=loop.time() + 9, secure=False
            )

    run(test)


def test_a_resolver_that_does_not_answer_is_not_waited_for_beyond_the_deadline() -> None:
    async def silent(name: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    async def test() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(DeadlineError):
            await Dialler(resolve=silent).connect(
                NAME, PUBLIC, asyncio.Protocol, deadline=loop.time() + 0.02, secure=False
            )

    run(test)


def test_the_system_knows_this_machine() -> None:
    assert set(asyncio.run(SystemNames()("localhost", 80))) & {"127.0.0.1", "::1"}
