"""A start finds what is there, sends nothing off this machine, and is held up by nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from ergos.drivers.models.discovery import DISCOVERY_S, Discovery, discover
from ergos.drivers.models.prices import providers
from ergos.drivers.models.servers import SERVERS
from ergos.kernel.endpoints import EndpointSettings, ModelSettings
from ergos.kernel.models import ModelPrice
from ergos.kernel.usage import FREE_MODEL

from .neighbours import LLAMA_CPP, LM_STUDIO, OLLAMA, VLLM, Answers, Manner, endless, neighbour, saying, speaking

NOWHERE = {server.variable: "127.0.0.1:9" for server in SERVERS}
NOTHING_SAID = ModelSettings()
MINE = EndpointSettings(name="mine", base_url="http://127.0.0.1:9/v1", model="m")


def found(
    environ: Mapping[str, str] = {}, settings: ModelSettings = NOTHING_SAID, **near: Manner | Answers
) -> Discovery:
    """What is found with these servers on this machine; `{near}` in a variable stands for the address of one."""

    async def scene() -> Discovery:
        places = dict(environ)
        async with asyncio.TaskGroup() as group:
            stop = asyncio.Event()
            ready: dict[str, asyncio.Future[str]] = {}

            async def stand(name: str, manner: Manner | Answers) -> None:
                async with neighbour(speaking(manner) if isinstance(manner, dict) else manner) as url:
                    ready[name].set_result(url)
                    await stop.wait()

            for name, manner in near.items():
                ready[name] = asyncio.get_running_loop().create_future()
                group.create_task(stand(name, manner))
            urls = {name: await future for name, future in ready.items()}
            places = {key: value.format(**urls) for key, value in places.items()}
            hosts = {name: url for name, url in urls.items() if name.isupper()}
            result = await asyncio.wait_for(discover(settings, {**NOWHERE, **hosts, **places}), 30)
            stop.set()
        return result

    return asyncio.run(scene())


def names(result: Discovery) -> list[str]:
    return [one.spec.name for one in result.endpoints]


def test_nothing_is_found_where_nothing_is():
    assert found() == Discovery(())


def test_all_four_servers_are_found_at_once():
    result = found(OLLAMA_HOST=OLLAMA, LLAMACPP_HOST=LLAMA_CPP, VLLM_HOST=VLLM, LMSTUDIO_HOST=LM_STUDIO)
    assert {name.split("/")[0] for name in names(result)} == {"ollama", "llama.cpp", "vllm", "lmstudio"}
    assert all(one.spec.price == FREE_MODEL and one.spec.local for one in result.endpoints)


@pytest.mark.parametrize("manner", [saying(b"", then_wait=True), endless, saying(b"\x00")])
def test_a_start_is_not_held_up_by_what_does_not_answer(manner: Manner):
    near = {server.variable: manner for server in SERVERS[1:]}
    result = found(OLLAMA_HOST=OLLAMA, **near)
    assert names(result)[0] == "ollama/llava:7b"
    assert DISCOVERY_S <= 0.5


@pytest.mark.parametrize("provider", providers().values(), ids=lambda one: one.id)
def test_a_key_in_the_environment_makes_a_providers_models_available(provider):
    result = found({provider.keys[-1]: "k"})
    assert names(result)[0] == f"{provider.id}/{provider.defaults[0]}"
    assert len(result.endpoints) == sum(1 + len(one.snapshots) for one in provider.models.values())
    assert result.remarks == ()
    assert "'k'" not in repr(result)


def test_an_empty_key_is_none_and_a_bad_one_is_remarked():
    assert found({"OPENAI_API_KEY": ""}) == Discovery(())
    result = found({"OPENAI_API_KEY": "two words"})
    assert result.endpoints == ()
    assert "OPENAI_API_KEY" in result.remarks[0]
    assert "two words" not in result.remarks[0]


def test_configured_ones_come_first_then_this_machine_then_what_costs():
    settings = ModelSettings(endpoints=(MINE,))
    result = found({"OPENAI_API_KEY": "k"}, settings, VLLM_HOST=VLLM)
    assert names(result)[:4] == ["mine", "vllm/Qwen/Qwen3-8B", "vllm/my-lora", "openai/gpt-6.1-terra"]


def test_auto_says_the_order_and_what_the_kernel_may_choose():
    settings = ModelSettings(endpoints=(MINE,), auto=("openai/gpt-5", "Qwen/Qwen3-8B", "mine", "not-there"))
    result = found({"OPENAI_API_KEY": "k"}, settings, VLLM_HOST=VLLM)
    assert names(result)[:3] == ["openai/gpt-5", "vllm/Qwen/Qwen3-8B", "mine"]
    assert [one.spec.name for one in result.endpoints if not one.spec.by_name_only] == names(result)[:3]


def test_a_configured_endpoint_is_not_found_again():
    own = EndpointSettings(name="qwen", base_url="{url}", model="Qwen/Qwen3-8B", price=ModelPrice(input=1, output=1))

    async def scene() -> Discovery:
        async with neighbour(speaking(VLLM)) as url:
            settings = ModelSettings(endpoints=(EndpointSettings(name="qwen", base_url=f"{url}/v1", model=own.model),))
            return await discover(settings, {**NOWHERE, "VLLM_HOST": url})

    result = asyncio.run(scene())
    assert names(result) == ["qwen", "vllm/my-lora"]
    assert result.endpoints[0].health == "answers"


def test_an_owners_endpoint_on_this_machine_says_whether_it_answers():
    assert found(settings=ModelSettings(endpoints=(MINE,))).endpoints[0].health == "silent"
    far = EndpointSettings(name="far", base_url="https://llm.example/v1", model="m")
    assert found(settings=ModelSettings(endpoints=(far,))).endpoints[0].health == "untried"


def test_nothing_is_looked_for_where_the_owner_does_not_want_it():
    settings = ModelSettings(endpoints=(MINE,), discover=False)
    result = found({"OPENAI_API_KEY": "k"}, settings, VLLM_HOST=VLLM)
    assert names(result) == ["mine"]
    assert result.endpoints[0].health == "untried"


def test_a_variable_that_points_at_this_machine_lists_what_is_there():
    models = {"/v1/models": {"data": [{"id": "alpha"}, {"id": "b\x00d"}]}}
    result = found({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "{proxy}/v1"}, proxy=models)
    (one,) = result.endpoints
    assert one.spec.model == "alpha"
    assert one.spec.local
    assert one.key_env == "OPENAI_API_KEY"
    (keyless,) = found({"OPENAI_BASE_URL": "{proxy}/v1"}, proxy=models).endpoints
    assert keyless.key_env == ""


def test_a_place_on_this_machine_that_lists_nothing_is_passed_over():
    assert found({"OPENAI_BASE_URL": "{proxy}/v1"}, proxy={"/v1/models": {"data": 3}}) == Discovery(())


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://gateway.example/v1", "gateway.example"),
        ("http://gateway.example/v1", "https"),
        ("https://u:hunter2@api.openai.com/v1", "password"),
    ],
)
@pytest.mark.parametrize("keys", [{"OPENAI_API_KEY": "k"}, {}])
def test_a_variable_that_points_elsewhere_is_remarked_and_not_used(url: str, part: str, keys: dict[str, str]):
    result = found({**keys, "OPENAI_BASE_URL": url})
    assert result.endpoints == ()
    assert part in result.remarks[0]
    assert "OPENAI_BASE_URL" in result.remarks[0]
    assert "hunter2" not in result.remarks[0]
