"""A running kernel behind the gate, spoken to by the vendors' own clients over loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import anthropic
import msgspec
import openai
import pytest

from ergos.app.client import ask
from ergos.app.daemon import serving
from ergos.app.home import home_at
from ergos.base.clock import Monotone
from ergos.base.errors import SettingsError
from ergos.base.money import Amount
from ergos.drivers.host import HostClock, HostEntropy
from ergos.drivers.models.catalogue import Catalogue, open_catalogue
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.endpoints import ModelSettings
from ergos.kernel.events import Resulted, decode_body
from ergos.kernel.ledger import UNCAPPED
from ergos.lib.folder import FolderPrograms
from ergos.runtime.control import Status, StatusOf
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.runtime.model_settings import model_settings
from ergos.runtime.tokens import Visitor
from ergos.server.doorway import gate_of, open_gate
from ergos.sim.loopback.server import LoopbackServer
from tests.drivers.http.certificates import certified

RICH = Amount(50_000_000, UNCAPPED)


class Standing(msgspec.Struct):
    """A kernel, its door, and the model behind it."""

    kernel: Kernel
    loopback: LoopbackServer
    url: str
    clients: list[openai.AsyncOpenAI | anthropic.AsyncAnthropic] = []

    async def token(self, name: str = "prog", budget: Amount | None = RICH) -> str:
        made = foreign_definition(name, resumable=True, command=("prog",), budget=budget)
        entered = await self.kernel.desk.enter(await self.kernel.desk.host(made, "alice"), ())
        return self.kernel.reactor.guests.tokens.token(entered.visitor)

    async def again(self, token: str) -> str:
        visitor = self.kernel.reactor.guests.tokens.visitor_of(token)
        assert isinstance(visitor, Visitor)
        entered = await self.kernel.desk.enter(visitor.pid, ())
        return self.kernel.reactor.guests.tokens.token(entered.visitor)

    def client(self, token: str, timeout: float = 30, retries: int = 0) -> openai.AsyncOpenAI:
        made = openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key=token, max_retries=retries, timeout=timeout)
        self.clients.append(made)
        return made

    def claude(self, token: str) -> anthropic.AsyncAnthropic:
        made = anthropic.AsyncAnthropic(base_url=self.url, api_key=token, max_retries=0)
        self.clients.append(made)
        return made


def settings_for(port: int, dialect: str = "openai.chat") -> ModelSettings:
    base = f"http://127.0.0.1:{port}" + ("" if dialect == "anthropic.messages" else "/v1")
    return model_settings(
        {
            "discover": False,
            "endpoints": {
                "loop": {
                    "base_url": base,
                    "dialect": dialect,
                    "model": "loop",
                    "price": {"input": 1.0, "output": 2.0},
                    "output_tokens_max": 1000,
                }
            },
        },
        "settings.toml",
    )


def stand(folder: Path, scenario: Callable[[Standing], Awaitable[None]], dialect: str = "openai.chat") -> None:
    async def played() -> None:
        loopback = LoopbackServer(clock=HostClock())
        await loopback.start(0)
        port = loopback.port
        models: Catalogue = await open_catalogue(settings_for(port, dialect), {}, HostClock())
        kernel = Kernel(
            Parts(
                store=SqliteStore(folder / "ergos.db"),
                clock=Monotone(HostClock()),
                entropy=HostEntropy(),
                programs=FolderPrograms(),
                models=models,
                door_secret=b"of the test",
            )
        )
        await kernel.start()
        gate = await open_gate(kernel, 0)
        standing = Standing(kernel, loopback, gate.url)
        try:
            await scenario(standing)
        finally:
            for client in standing.clients:
                await client.close()
            await gate.stop()
            await kernel.stop()
            await models.close()
            await loopback.stop()

    asyncio.run(played())


def chat_text(completion: openai.types.chat.ChatCompletion) -> str:
    text = completion.choices[0].message.content
    assert text
    return text


MESSAGES = [{"role": "user", "content": "hello"}]


def test_the_openai_client_is_answered_billed_and_answered_the_same_when_it_is_started_again(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        token = await standing.token()
        client = standing.client(token)
        first = chat_text(await client.chat.completions.create(model="auto", messages=MESSAGES, max_tokens=9))  # type: ignore[arg-type]
        sent = standing.loopback.calls.count
        client = standing.client(await standing.again(token))
        again = chat_text(await client.chat.completions.create(model="auto", messages=MESSAGES, max_tokens=9))  # type: ignore[arg-type]
        assert again == first
        assert standing.loopback.calls.count == sent == 1

    stand(tmp_path, scenario)


def test_a_stream_is_the_same_when_it_comes_from_the_journal(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        token = await standing.token()

        async def streamed(client: openai.AsyncOpenAI) -> list[str]:
            stream = await client.chat.completions.create(model="auto", messages=MESSAGES, max_tokens=9, stream=True)  # type: ignore[arg-type]
            return [chunk.model_dump_json() async for chunk in stream]  # type: ignore[union-attr]

        first = await streamed(standing.client(token))
        again = await streamed(standing.client(await standing.again(token)))
        assert again == first
        assert len(first) > 5
        assert standing.loopback.calls.count == 1

    stand(tmp_path, scenario)


@pytest.mark.parametrize("dialect", ["openai.chat", "anthropic.messages", "openai.responses"])
def test_every_face_works_on_every_endpoint(dialect: str, tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        token = await standing.token()
        client = standing.client(token)
        assert chat_text(await client.chat.completions.create(model="loop", messages=MESSAGES, max_tokens=9))  # type: ignore[arg-type]
        response = await client.responses.create(model="loop", input="hello", max_output_tokens=16)
        assert response.output_text
        claude = standing.claude(token)
        message = await claude.messages.create(model="loop", max_tokens=9, messages=MESSAGES)  # type: ignore[arg-type]
        assert message.content[0].text  # type: ignore[union-attr]
        async with claude.messages.stream(model="loop", max_tokens=9, messages=MESSAGES) as stream:  # type: ignore[arg-type]
            assert await stream.get_final_text()
        listed = [model.id async for model in client.models.list()]
        assert "loop" in listed

    stand(tmp_path, scenario, dialect)


def test_a_budget_ends_with_an_error_no_client_tries_again(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        client = standing.client(await standing.token("poor", Amount(100, UNCAPPED)), retries=5)
        with pytest.raises(openai.APIStatusError) as refused:
            await client.chat.completions.create(model="auto", messages=MESSAGES, max_tokens=900)  # type: ignore[arg-type]
        assert refused.value.status_code == 402
        assert "E302" in str(refused.value)
        assert standing.loopback.calls.count == 0

    stand(tmp_path, scenario)


def test_a_client_that_leaves_in_the_middle_is_answered_when_it_comes_back(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        token = await standing.token()
        slow = [{"role": "user", "content": "hello [[mind: pause=0.3]]"}]
        client = standing.client(token, timeout=0.1)
        with pytest.raises(openai.APITimeoutError):
            await client.chat.completions.create(model="auto", messages=slow, max_tokens=9)  # type: ignore[arg-type]
        for _ in range(100):
            records = [decode_body(one.body) async for one in standing.kernel.machine.store.records()]
            if any(isinstance(body, Resulted) for body in records):
                break
            await asyncio.sleep(0.05)
        patient = standing.client(token)
        assert chat_text(await patient.chat.completions.create(model="auto", messages=slow, max_tokens=9))  # type: ignore[arg-type]
        assert standing.loopback.calls.count == 1

    stand(tmp_path, scenario)


def test_a_vendor_that_fails_is_asked_again_and_its_refusal_is_passed_on(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        client = standing.client(await standing.token())
        flaky = [{"role": "user", "content": "hello [[mind: fail=503 times=1]]"}]
        assert chat_text(await client.chat.completions.create(model="auto", messages=flaky, max_tokens=9))  # type: ignore[arg-type]
        assert standing.loopback.calls.count == 2
        wrong = [{"role": "user", "content": "hello [[mind: fail=400]]"}]
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(model="auto", messages=wrong, max_tokens=9)  # type: ignore[arg-type]
        assert standing.loopback.calls.count == 3

    stand(tmp_path, scenario)


@pytest.mark.parametrize(
    "mischief",
    [
        "truncate",
        "unfinished",
        "stall",
        "malformed",
        "midfail",
        "drop",
        "type=text/html",
        "usage=missing",
        "usage=huge",
        "usage=negative",
    ],
)
def test_a_vendors_mischief_ends_in_an_error_and_leaves_no_hold(mischief: str, tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        token = await standing.token()
        client = standing.client(token, timeout=5)
        words = [{"role": "user", "content": f"hello [[mind: {mischief} tokens=20]]"}]
        try:
            stream = await client.chat.completions.create(model="auto", messages=words, max_tokens=20, stream=True)  # type: ignore[arg-type]
            _ = [chunk async for chunk in stream]  # type: ignore[union-attr]
        except openai.OpenAIError:
            pass
        visitor = standing.kernel.reactor.guests.tokens.visitor_of(token)
        assert visitor is not None
        await standing.kernel.desk.signal(visitor.pid, "kill", "alice")
        await asyncio.sleep(0.2)
        await standing.kernel.machine.store.flush()
        book = standing.kernel.machine.book
        assert all(not amount for name, amount in book.accounts.items() if name.startswith("held/")), book.accounts
        assert book.imbalance() == Amount(0, 0)

    stand(tmp_path, scenario)


def test_a_home_with_a_certificate_speaks_tls_and_nothing_in_clear(tmp_path: Path) -> None:
    key, certificate = certified(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text(f'[server]\ntls_cert = "{certificate}"\ntls_key = "{key}"\n')
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path)})

    async def play() -> None:
        async with serving(home, gate_of(home), port=0):
            status = await ask(home, StatusOf())
            assert isinstance(status, Status)
            assert status.door.startswith("https://127.0.0.1:")
            port = int(status.door.rpartition(":")[2])
            trust = ssl.create_default_context(cafile=str(certificate))
            reader, writer = await asyncio.open_connection("localhost", port, ssl=trust)
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
            writer.close()

    asyncio.run(play())
    certificate.write_text("no certificate")
    with pytest.raises(SettingsError, match="no certificate with its key"):
        asyncio.run(play())
