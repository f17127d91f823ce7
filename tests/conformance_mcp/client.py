"""The client that the MCP conformance kit starts: one scenario through `McpHost`, then it ends.

The kit passes the server's URL as the last argument, the scenario and its context in the environment. Everything on the
wire is done by the host; here stands only what an owner would do: settings, secrets, approval, the browser, an answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any
from urllib.parse import urljoin, urlsplit

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.base.world_errors import SecretError
from ergos.buses.mcp.host.host import McpHost
from ergos.buses.mcp.host.opening import Patience
from ergos.drivers.host import HostClock
from ergos.kernel.mounts import Declined, Given, OAuthSettings, Offer, Question, ServerSettings
from ergos.kernel.packages import Errand

CALL_S = 60
CLIENT_URL = "https://conformance-test.local/client-metadata.json"


class Secrets:
    """A vault that lasts as long as the scenario."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str:
        if name not in self.kept:
            raise SecretError(f"there is no secret {name!r}")
        return self.kept[name]

    def set(self, name: str, value: str) -> None:
        self.kept[name] = value

    def forget(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.kept))


class Owner:
    """Signs in at once, and answers forms with the defaults they state."""

    async def visit(self, server: str, url: str) -> str:
        import httpx2

        async with httpx2.AsyncClient(trust_env=False) as browser:
            reply = await browser.get(url, follow_redirects=False)
        return urljoin(url, reply.headers["location"])

    async def ask(self, question: Question) -> Given | Declined:
        if question.kind == "sampling":
            return Given({"text": "an answer", "model": "none"})
        return Given({})


def issuer_of(url: str) -> str:
    """The authorization server, which an owner would know: the kit says it in the server's own metadata only."""
    import httpx2

    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path}"
    return str(httpx2.get(where, trust_env=False).json()["authorization_servers"][0])


def settings(url: str, scenario: str, context: dict[str, Any], vault: Secrets) -> ServerSettings:
    oauth = None
    if scenario.startswith("auth/"):
        oauth = OAuthSettings(client_url=CLIENT_URL, redirect_url="http://localhost:3000/callback")
        if scenario.startswith("auth/client-credentials"):
            vault.set("own", context.get("client_secret") or context.get("private_key_pem") or "")
            key = "client_key" if scenario.endswith("-jwt") else "client_secret"
            oauth = OAuthSettings(
                grant="client", client_id=context["client_id"], issuer=context.get("issuer", ""), **{key: "own"}
            )
        elif "idp_token_endpoint" in context:
            vault.set("own", context["client_secret"])
            vault.set("idp", context["idp_id_token"])
            oauth = OAuthSettings(
                grant="enterprise",
                client_id=context["client_id"],
                client_secret="own",
                issuer=issuer_of(url),
                idp_url=context["idp_token_endpoint"],
                idp_client_id=context["idp_client_id"],
                idp_token="idp",
            )
        elif context.get("client_id"):
            vault.set("own", context.get("client_secret", ""))
            oauth = OAuthSettings(
                client_id=context["client_id"],
                client_secret="own" if context.get("client_secret") else "",
                redirect_url="http://localhost:3000/callback",
            )
    return ServerSettings(name="kit", url=url, oauth=oauth, sampling=True, reads=("/srv",), deadline_s=CALL_S)


def errand(clock: HostClock) -> Errand:
    now_ns = clock.now_ns()
    return Errand(
        pid=Pid(1), owner="owner", agent="kit", idempotency_key="k", deadline_ns=now_ns + CALL_S * 10**9, now_ns=now_ns
    )


def arguments(name: str, schema: dict[str, object]) -> dict[str, Plain]:
    """What a tool of the kit is called with where the scenario says nothing."""
    if name == "add_numbers":
        return {"a": 5, "b": 3}
    needed = schema.get("required")
    properties = schema.get("properties")
    assert isinstance(properties, dict) or not needed
    samples: dict[str, Plain] = {"string": "us-west1", "integer": 1, "number": 1.5, "boolean": True}
    return {one: samples.get(str(properties[one].get("type")), "x") for one in needed or ()}


def echoes(offer: Offer) -> list[dict[str, Any]]:
    """For the scenario that wants to see what became of a tool's schema."""
    schemas = {tool.name: tool.input for tool in offer.pin.tools}
    found = schemas.get("json_schema_2020_12_tool")
    return [{"name": "json_schema_echo", "arguments": {"schema": found}}] if found is not None else []


async def main(url: str, scenario: str, context: dict[str, Any]) -> None:
    clock, vault, owner = HostClock(), Secrets(), Owner()
    host = McpHost(
        {"kit": settings(url, scenario, context, vault)},
        None,
        {},
        clock=clock,
        vault=vault,
        questions=owner,
        consent=owner,
        patience=Patience(open_s=80.0, list_s=60.0),  # the kit starts dozens of clients at once
    )
    try:
        offer = await host.look("kit")
        print("offered", list(offer.names), "unusable", offer.unusable, file=sys.stderr)
        host.approve("kit", offer.pin)
        dictated = context.get("toolCalls") or echoes(offer)
        calls = (
            [(one["name"], one["arguments"]) for one in dictated]
            if dictated
            else [(tool.name, arguments(tool.name, tool.input)) for tool in offer.pin.tools]
        )
        for name, args in calls:
            tool = host.tool(offer.names[name])
            assert tool is not None, host.why_not(offer.names[name])
            try:
                print(name, (await tool.run(args, errand(clock))).value, file=sys.stderr)
            except ErgosError as error:
                print(name, error, file=sys.stderr)
    finally:
        await host.close()


if __name__ == "__main__":
    asyncio.run(
        main(
            sys.argv[-1],
            os.environ.get("MCP_CONFORMANCE_SCENARIO", ""),
            json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}"),
        )
    )
