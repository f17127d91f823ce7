"""The vendors' libraries, opened for one endpoint: which model class, which provider, which profile.

Imported only in here, and only when a first request is made: each takes seconds to import.

Rules: no library retries, follows a redirect, reads an address or an identity from the environment, or ends a request
by a timeout of its own; deadlines are the caller's. A profile is the library's own for the vendor and model, except
where it would change a model's words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.errors import NoModelError, PortMissingError
from ergos.base.world_errors import ModelRequestError
from ergos.drivers.models.vendors import library as library_classes
from ergos.drivers.models.vendors.outward import Sender
from ergos.drivers.models.vendors.seals import Wire
from ergos.drivers.models.vendors.settings import Place
from ergos.drivers.models.vendors.transport import REPLY_BYTES_MAX, LenientTransport
from ergos.kernel.models import Dialect, EndpointSpec

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI
    from pydantic_ai.models import Model as VendorLibraryModel
    from pydantic_ai.profiles import ModelProfile
    from pydantic_ai.providers import Provider

CONNECT_S: Final = 20.0
"""Seconds to reach an endpoint; a host that does not answer by then is down, however long the deadline."""
CONNECTIONS_MAX: Final = 1_000
"""Connections to one endpoint; the scheduler bounds the calls, this bounds the sockets."""
IDLE_CONNECTIONS_MAX: Final = 32
"""Connections kept open between calls."""
NO_KEY: Final = "no-key"
"""Sent where an endpoint needs none: the libraries refuse an empty one."""

WIRES: Final[dict[Dialect, Wire]] = {
    "openai.chat": "chat",
    "openai.responses": "responses",
    "anthropic.messages": "anthropic",
    "google": "google",
}
HOMES: Final[dict[Wire, str]] = {
    "chat": "https://api.openai.com/v1",
    "responses": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
"""Where a wire's own vendor is."""
_PROVIDERS: Final = {
    "aliyuncs.com": ("alibaba", "AlibabaProvider"),
    "deepseek.com": ("deepseek", "DeepSeekProvider"),
    "openrouter.ai": ("openrouter", "OpenRouterProvider"),
    "moonshot.ai": ("moonshotai", "MoonshotAIProvider"),
    "moonshot.cn": ("moonshotai", "MoonshotAIProvider"),
    "cerebras.ai": ("cerebras", "CerebrasProvider"),
    "z.ai": ("zai", "ZaiProvider"),
    "bigmodel.cn": ("zai", "ZaiProvider"),
    "together.ai": ("together", "TogetherProvider"),
    "together.xyz": ("together", "TogetherProvider"),
    "fireworks.ai": ("fireworks", "FireworksProvider"),
}
"""Where a host's name ends, and the provider that knows the models there."""
_UNSEEN_TAGS: Final = ("\ue000think\ue001", "\ue000/think\ue001")
"""Marks that no model writes: words that look like thoughts stay words, as the vendors' own libraries have it."""


class Opened(msgspec.Struct, frozen=True):
    """An endpoint's library model and what is needed around it."""

    model: VendorLibraryModel
    client: httpx2.AsyncClient
    place: Place
    sender: Sender
    profile: ModelProfile
    failures: tuple[type[BaseException], ...]
    """What the library may raise."""


def open_library(
    spec: EndpointSpec,
    base_url: str | None,
    api_key: str,
    now_ns: Callable[[], int],
    reply_bytes_max: int = REPLY_BYTES_MAX,
) -> Opened:
    """Import the library and open it. Cost: seconds of CPU the first time.

    Raises: PortMissingError, NoModelError for a dialect no library here speaks, ModelRequestError for a model or an
    address that its vendor cannot have.
    """
    wire = WIRES.get(spec.dialect)
    if wire is None:
        raise NoModelError(f"no driver speaks {spec.dialect!r} to a model of {spec.name!r}")
    try:
        import httpx2
        import pydantic_ai.models  # noqa: F401 # pyright: ignore[reportUnusedImport] whether it is there
    except ImportError as error:
        raise PortMissingError("models of vendors need the extra `models`: install ergos[models]") from error
    url = (base_url or HOMES[wire]).rstrip("/")
    client = _client(now_ns, reply_bytes_max, secure=url.startswith("https"))
    try:
        match wire:
            case "chat" | "responses":
                model, errors = _openai(wire, spec, url, api_key, client)
            case "anthropic":
                model, errors = _anthropic(spec, url, api_key, client)
            case "google":
                model, errors = _google(spec, url, api_key, client)
    except ImportError as error:
        raise PortMissingError(f"the library of {spec.dialect} is missing ({error}): install ergos[models]") from error
    except (RuntimeError, ValueError) as error:
        remedy = "correct the endpoint's model or base URL in settings.toml"
        raise ModelRequestError(f"{spec.name} cannot be opened: {error}", remedy=remedy) from error
    host = urlsplit(url).hostname or ""
    return Opened(
        model=model,
        client=client,
        place=Place(
            wire=wire,
            local=spec.local,
            dashscope=_is_dashscope(spec, host),
            openai=_is_openai(url),
            output_tokens_max=spec.output_tokens_max,
        ),
        sender=Sender(wire, model.system, model.canonical_system, takes_encrypted=_takes_encrypted(model)),
        profile=model.profile,
        failures=(RuntimeError, ValueError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, *errors),
    )


def _takes_encrypted(model: VendorLibraryModel) -> bool:
    return bool(cast("dict[str, object]", model.profile).get("openai_supports_encrypted_reasoning_content"))


def _client(now_ns: Callable[[], int], reply_bytes_max: int, *, secure: bool) -> httpx2.AsyncClient:
    import httpx2

    limits = httpx2.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=IDLE_CONNECTIONS_MAX)
    # Certificates take a while to load; an address without TLS needs none, and a redirect is not followed.
    inner = httpx2.AsyncHTTPTransport(verify=secure, limits=limits)
    timeout = httpx2.Timeout(None, connect=CONNECT_S)
    transport = cast("httpx2.AsyncBaseTransport", LenientTransport(inner, now_ns, reply_bytes_max))
    return httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)


def _kept_words() -> ModelProfile:
    from pydantic_ai.profiles import ModelProfile

    return ModelProfile(
        thinking_tags=_UNSEEN_TAGS,
        ignore_streamed_leading_whitespace=False,
        supports_tools=True,
        supports_text_output=True,
    )


def _is_openai(url: str) -> bool:
    """OpenAI's own, or Azure's: everyone else knows the limit by its old name, `max_tokens`."""
    host = urlsplit(url).hostname or ""
    return host.endswith((".openai.com", ".azure.com"))


def _is_dashscope(spec: EndpointSpec, host: str) -> bool:
    return "dashscope" in host or spec.name.partition("/")[0] in {"dashscope", "qwen", "alibaba"}


def _openai(
    wire: Wire, spec: EndpointSpec, url: str, api_key: str, client: httpx2.AsyncClient
) -> tuple[VendorLibraryModel, tuple[type[BaseException], ...]]:
    from openai import AsyncOpenAI, OpenAIError

    library = AsyncOpenAI(base_url=url, api_key=api_key or NO_KEY, http_client=client, max_retries=0)
    library.organization = library.project = None
    provider = _openai_provider(spec, url, library)
    chosen = library_classes.chat_model() if wire == "chat" else library_classes.responses_model()
    more: dict[str, object] = {"openai_chat_supports_max_completion_tokens": _is_openai(url)}
    if spec.local:
        # An engine that masks tokens by a schema does not tell the model of it, and many chat templates take one
        # system message only.
        more["native_output_requires_schema_in_instructions"] = True
        more["openai_chat_supports_multiple_system_messages"] = False
    profile = cast("ModelProfile", {**_kept_words(), **more})
    return chosen(spec.model, provider=provider, profile=profile), (OpenAIError,)


def _openai_provider(spec: EndpointSpec, url: str, library: AsyncOpenAI) -> Provider[AsyncOpenAI]:
    import importlib

    host = urlsplit(url).hostname or ""
    if host.endswith(".openai.com"):
        from pydantic_ai.providers.openai import OpenAIProvider

        return OpenAIProvider(openai_client=library)
    domain = "aliyuncs.com" if _is_dashscope(spec, host) else ".".join(host.split(".")[-2:])
    if domain in _PROVIDERS:
        module, name = _PROVIDERS[domain]
        provider = getattr(importlib.import_module(f"pydantic_ai.providers.{module}"), name)
        return provider(openai_client=library)
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    return OpenAICompatibleProvider(spec.name.partition("/")[0] or "endpoint", openai_client=library)


def _anthropic(
    spec: EndpointSpec, url: str, api_key: str, client: httpx2.AsyncClient
) -> tuple[VendorLibraryModel, tuple[type[BaseException], ...]]:
    from anthropic import AnthropicError, AsyncAnthropic
    from anthropic.resources.beta.messages import messages as beta_messages
    from anthropic.resources.messages import messages
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    # The library warns a developer who names an old model; the owner of this one chose it.
    for module in (messages, beta_messages):
        module.DEPRECATED_MODELS.pop(spec.model, None)
    # The library adds /v1 itself.
    url = url.removesuffix("/v1")
    library = AsyncAnthropic(base_url=url, api_key=api_key or NO_KEY, http_client=client, max_retries=0)
    library.auth_token = None
    provider = AnthropicProvider(anthropic_client=library)
    return AnthropicModel(spec.model, provider=provider, profile=_kept_words()), (AnthropicError,)


def _google(
    spec: EndpointSpec, url: str, api_key: str, client: httpx2.AsyncClient
) -> tuple[VendorLibraryModel, tuple[type[BaseException], ...]]:
    from google.genai.client import Client
    from google.genai.errors import APIError
    from google.genai.types import HttpOptions
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    version = "v1beta"
    for known in ("v1beta", "v1alpha", "v1"):
        if url.endswith("/" + known):
            version, url = known, url.removesuffix("/" + known)
            break
    options = HttpOptions(base_url=url, api_version=version, httpx_async_client=client, timeout=None)
    library = Client(vertexai=False, api_key=api_key or NO_KEY, http_options=options)
    return GoogleModel(spec.model, provider=GoogleProvider(client=library), profile=_kept_words()), (APIError,)
