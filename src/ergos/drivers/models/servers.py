"""Recognises the model servers that run on a machine: Ollama, llama.cpp, vLLM, LM Studio.

Rules: a server is what it says only if its answer has the shape that only it has; names, sizes and counts in answers
are bounded; what cannot be read is passed over in silence, because another program may use the port.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.drivers.models.endpoints import Endpoint, near_endpoint
from ergos.drivers.models.probe import ask
from ergos.kernel.endpoints import endpoint_url, is_loopback
from ergos.kernel.models import Limits, ModelPrice

SERVER_MODELS_MAX: Final = 64  # models taken from one server; a person's machine has some dozens
TOKENS_MAX: Final = 100_000_000  # tokens of a context; a larger claim is a mistake or a lie
SLOTS_MAX: Final = 4_096  # calls a server on this machine may claim to work on at once
OLLAMA_CONTEXT_TOKENS: Final = 4_096  # tokens Ollama reads where nothing says more; what is beyond it cuts off silently
SERVER_CONTEXT_TOKENS: Final = 8_192  # tokens where a server does not say

Prices: TypeAlias = Mapping[str, ModelPrice]
_Shape = TypeVar("_Shape")
_Tokens: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=TOKENS_MAX)]

_NUM_CTX: Final = re.compile(r"^\s*num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)
_CACHE: Final = re.compile(r"^vllm:cache_config_info\{([^}\n]{1,4000})\}", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="(\d{1,12})"')


class Server(msgspec.Struct, frozen=True):
    """A kind of server."""

    name: str
    """First part of its endpoints' names."""
    variable: str
    """Environment variable that says where it listens."""
    port: int
    """Its usual one."""
    look: Callable[[str, Mapping[str, str], Prices], Awaitable[tuple[Endpoint, ...]]]
    """Its models at an address; none if something else answers there."""

    def address(self, environ: Mapping[str, str]) -> str:
        """Where it is looked for: its variable is a host, host:port or URL. '' where that is not on this machine."""
        named = environ.get(self.variable, "").strip()
        text = named if "://" in named else f"http://{named or '127.0.0.1'}"
        try:
            url = urlsplit(endpoint_url(text))
            port = url.port or self.port
        except (ValueShapeError, ValueError):
            return ""
        host = url.hostname or ""
        if host in {"0.0.0.0", "::"}:  # noqa: S104 - how servers say "everywhere"; a client means this machine
            host = "127.0.0.1"
        if url.scheme != "http" or not is_loopback(host):
            return ""
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class _Tagged(msgspec.Struct):
    name: str
    digest: str


class _Tags(msgspec.Struct):
    models: list[_Tagged]


class _Running(msgspec.Struct):
    name: str
    context_length: _Tokens | None = None


class _Ps(msgspec.Struct):
    models: list[_Running]


class _Show(msgspec.Struct):
    model_info: dict[str, object] = {}
    parameters: str = ""
    capabilities: list[str] = []


async def ollama(url: str, environ: Mapping[str, str], prices: Prices) -> tuple[Endpoint, ...]:
    """Models pulled into Ollama."""
    tags = await _asked(url, "/api/tags", _Tags)
    if tags is None:
        return ()
    names = [one.name for one in tags.models[:SERVER_MODELS_MAX]]
    shown = asyncio.gather(*(_asked(url, "/api/show", _Show, {"model": name}) for name in names))
    ps, *_ = await asyncio.gather(_asked(url, "/api/ps", _Ps), shown)
    running = {one.name: one.context_length for one in ps.models} if ps is not None else {}
    parallel = _within(environ.get("OLLAMA_NUM_PARALLEL", ""), SLOTS_MAX) or 1
    default = _within(environ.get("OLLAMA_CONTEXT_LENGTH", ""), TOKENS_MAX) or OLLAMA_CONTEXT_TOKENS
    found = [
        near_endpoint(
            "ollama",
            name,
            f"{url}/v1",
            prices,
            context_tokens=running.get(name) or _ollama_context(show, default),
            limits=Limits(slots=parallel),
            sees=show is not None and "vision" in show.capabilities,
            embeds=show is not None and "embedding" in show.capabilities and "completion" not in show.capabilities,
        )
        for name, show in zip(names, shown.result(), strict=True)
    ]
    loaded = [one for one in found if one is not None and one.spec.model in running]
    return (*loaded, *(one for one in found if one is not None and one not in loaded))


def _ollama_context(show: _Show | None, default: int) -> int:
    """Tokens that Ollama lets a model read: its own setting, else the server's, at most what it was trained for."""
    if show is None:
        return default
    said = _NUM_CTX.search(show.parameters)
    architecture = show.model_info.get("general.architecture")
    trained = show.model_info.get(f"{architecture}.context_length")
    most = trained if isinstance(trained, int) and 0 < trained <= TOKENS_MAX else TOKENS_MAX
    return min((_within(said[1], TOKENS_MAX) if said is not None else None) or default, most)


class _Generation(msgspec.Struct):
    n_ctx: _Tokens


class _Modalities(msgspec.Struct, frozen=True):
    vision: bool = False


class _Props(msgspec.Struct):
    default_generation_settings: _Generation
    total_slots: Annotated[int, msgspec.Meta(ge=1, le=SLOTS_MAX)]
    modalities: _Modalities = _Modalities()


class _Listed(msgspec.Struct):
    id: str
    owned_by: str = ""
    max_model_len: _Tokens | None = None


class _Models(msgspec.Struct):
    data: list[_Listed]


async def llama_cpp(url: str, environ: Mapping[str, str], prices: Prices) -> tuple[Endpoint, ...]:
    """The model of a llama.cpp server."""
    del environ
    props, models = await asyncio.gather(_asked(url, "/props", _Props), _asked(url, "/v1/models", _Models))
    if props is None or models is None:
        return ()
    context, slots = props.default_generation_settings.n_ctx, props.total_slots
    found = [
        near_endpoint(
            "llama.cpp",
            one.id.rsplit("/", 1)[-1],
            f"{url}/v1",
            prices,
            context_tokens=context,
            limits=Limits(slots=slots, kv_tokens=context * slots),
            sees=props.modalities.vision,
        )
        for one in models.data[:1]
    ]
    return tuple(one for one in found if one is not None)


async def vllm(url: str, environ: Mapping[str, str], prices: Prices) -> tuple[Endpoint, ...]:
    """Models of a vLLM server; the size of its cache from its metrics."""
    del environ
    models, metrics = await asyncio.gather(_asked(url, "/v1/models", _Models), ask(url, "/metrics"))
    if models is None:
        return ()
    text = metrics.body.decode("utf-8", "replace") if metrics is not None and metrics.status == 200 else ""
    limits = Limits(kv_tokens=_cache_tokens(text))
    own = [one for one in models.data if one.owned_by == "vllm"]
    base = next((one.max_model_len for one in own if one.max_model_len is not None), None) or SERVER_CONTEXT_TOKENS
    found = [
        near_endpoint("vllm", one.id, f"{url}/v1", prices, context_tokens=one.max_model_len or base, limits=limits)
        for one in own[:SERVER_MODELS_MAX]
    ]
    return tuple(one for one in found if one is not None)


def _cache_tokens(metrics: str) -> int | None:
    """Tokens in vLLM's key-value cache: blocks times their size, as its configuration metric says."""
    line = _CACHE.search(metrics)
    labels = dict(_LABEL.findall(line[1])) if line is not None else {}
    size, blocks = labels.get("block_size"), labels.get("num_gpu_blocks")
    if size is None or blocks is None:
        return None
    return int(size) * int(blocks) or None


class _Studio(msgspec.Struct):
    id: str
    type: str
    state: str
    max_context_length: _Tokens = SERVER_CONTEXT_TOKENS
    loaded_context_length: _Tokens | None = None


class _Studios(msgspec.Struct):
    data: list[_Studio]


async def lm_studio(url: str, environ: Mapping[str, str], prices: Prices) -> tuple[Endpoint, ...]:
    """Models of LM Studio, the loaded ones first."""
    del environ
    models = await _asked(url, "/api/v0/models", _Studios)
    if models is None:
        return ()
    found = [
        near_endpoint(
            "lmstudio",
            one.id,
            f"{url}/v1",
            prices,
            context_tokens=one.loaded_context_length or min(one.max_context_length, SERVER_CONTEXT_TOKENS),
            sees=one.type == "vlm",
            embeds=one.type == "embeddings",
        )
        for one in sorted(models.data[:SERVER_MODELS_MAX], key=lambda one: one.state != "loaded")
        if one.type in {"llm", "vlm", "embeddings"}
    ]
    return tuple(one for one in found if one is not None)


SERVERS: Final = (
    Server("ollama", "OLLAMA_HOST", 11434, ollama),
    Server("llama.cpp", "LLAMACPP_HOST", 8080, llama_cpp),
    Server("vllm", "VLLM_HOST", 8000, vllm),
    Server("lmstudio", "LMSTUDIO_HOST", 1234, lm_studio),
)


async def _asked(url: str, path: str, shape: type[_Shape], body: Mapping[str, object] | None = None) -> _Shape | None:
    """An answer of this shape; None for every other."""
    answer = await ask(url, path, body=body)
    if answer is None or answer.status != 200:
        return None
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _within(text: str, most: int) -> int | None:
    """A count in an environment variable or a setting of a server."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:12]) <= most and len(text) < 12 else None
