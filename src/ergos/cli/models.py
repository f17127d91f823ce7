"""Commands about models: which were found, whether one answers, and running one from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.trial import Trial
    from ergos.drivers.models.discovery import Discovery
    from ergos.drivers.models.endpoints import Endpoint
    from ergos.drivers.models.local import LocalModel
    from ergos.kernel.models import Message, Reply
    from ergos.kernel.usage import ModelPrice

RUN_S: Final = 3_600  # seconds for one answer of a model file; a large one on a small machine is slow
CONTEXT_TOKENS: Final = 4_096  # tokens of context by default; memory grows with it
ANSWER_TOKENS: Final = 1_024  # tokens of an answer by default
PROMPT_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of a prompt from stdin

app: Final = typer.Typer(
    name="models", help="List the models that were found; test one; run one from a file.", rich_markup_mode=None
)


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are only used when named.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the models that were found, with prices and health."""
    if context.invoked_subcommand is not None:
        return
    import asyncio
    import os

    from ergos.cli.render import emit, note, table
    from ergos.drivers.models.discovery import discover

    found = asyncio.run(discover(home_of(home).settings.models, os.environ))
    if as_json:
        emit([_described(one) for one in found.endpoints])
        return
    shown = [one for one in found.endpoints if everything or not one.spec.by_name_only or one.how == "settings.toml"]
    if shown:
        table(("NAME", "IN/OUT", "CONTEXT", "TAKES", "FOUND"), [_row(one) for one in shown])
    for line in _notes(found, len(found.endpoints) - len(shown)):
        note(line)


def _row(one: Endpoint) -> tuple[str, str, str, str, str]:
    spec = one.spec
    takes = ", ".join(spec.takes) if spec.takes else "text"
    if one.spec.dialect == "openai.embeddings":
        takes = "text, into vectors"
    return spec.name, _price(spec.price), _thousands(spec.context_tokens), takes, _found(one)


def _found(one: Endpoint) -> str:
    """How it was found, and how it is."""
    if one.how != "settings.toml":
        return one.how
    place = f"{one.spec.model} at {one.where}" if one.base_url else one.file
    states = {
        "answers": "answers" if one.base_url else "",
        "silent": "does not answer",
        "keyless": f"{one.key_env} is not set",
        "missing": "no such file",
        "untried": "",
    }
    return ", ".join(part for part in (place, states[one.health]) if part)


def _price(price: ModelPrice | None) -> str:
    """US dollars per million tokens read and written."""
    if price is None:
        return "unknown"
    if not (price.input or price.output or price.per_call):
        return "free"
    return f"{_dollars(price.input)} / {_dollars(price.output)}"


def _dollars(microusd: int) -> str:
    return f"${microusd / 1_000_000:.6f}".rstrip("0").rstrip(".")


def _thousands(tokens: int) -> str:
    if tokens < 1_000:
        return str(tokens)
    return f"{tokens / 1_000_000:.3g}M" if tokens >= 1_000_000 else f"{tokens // 1_000}k"


def _notes(found: Discovery, hidden: int) -> list[str]:
    from ergos.app.trial import price_remedy

    notes: list[str] = []
    if not found.endpoints:
        notes.append(
            "no model was found: set a key such as OPENAI_API_KEY, start a local server (Ollama, llama.cpp, vLLM, "
            "LM Studio), or describe an endpoint in settings.toml; until then System 1 answers"
        )
    else:
        notes.append("IN/OUT: US dollars per million tokens; `ergos models test NAME` tries one")
    notes += [
        f"{one.spec.name} is not used, because its price is unknown: {price_remedy(one.spec.name)}"
        for one in found.endpoints
        if one.spec.price is None
    ]
    if hidden:
        notes.append(f"{hidden} more are used only when they are named; `ergos models --all` lists them")
    return notes + list(found.remarks)


def _described(one: Endpoint) -> dict[str, object]:
    """An endpoint for programs; money in micro-dollars per million tokens."""
    spec = one.spec
    return {
        "name": spec.name,
        "model": spec.model,
        "dialect": one.kind,
        "where": one.where,
        "base_url": one.base_url,
        "local": spec.local,
        "price": spec.price,
        "context_tokens": spec.context_tokens,
        "output_tokens_max": spec.output_tokens_max,
        "takes": spec.takes,
        "limits": spec.limits,
        "replica_of": spec.replica_of,
        "by_name_only": spec.by_name_only,
        "health": one.health,
        "how": one.how,
        "key_env": one.key_env,
    }


@app.command(name="test")
def try_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of an endpoint, as `ergos models` lists it.")],
    tools: Annotated[bool, typer.Option("--tools", help="Try a tool call and a typed answer, too.")] = False,
    prompt: Annotated[str | None, typer.Option("--prompt", metavar="TEXT", help="What to say to it.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make one small real call and say how long it took, what it cost and what came back."""
    import asyncio
    import os

    from ergos.app.trial import PROMPT, try_endpoint
    from ergos.cli.render import emit, progress
    from ergos.drivers.host import HostClock
    from ergos.drivers.models.catalogue import open_catalogue

    settings = home_of(home).settings.models

    async def tried() -> Trial:
        clock = HostClock()
        catalogue = await open_catalogue(settings, os.environ, clock)
        try:
            return await try_endpoint(catalogue, name, clock, prompt=prompt or PROMPT, tools=tools)
        finally:
            await catalogue.close()

    with progress(quiet=as_json) as shown:
        shown.show(f"asking {name} …")
        trial = asyncio.run(tried())
    if as_json:
        emit(trial)
    else:
        _say_trial(trial)
    if not trial.good:
        sys.stdout.flush()
        raise typer.Exit(5)


def _say_trial(trial: Trial) -> None:
    from ergos.base.money import format_money
    from ergos.cli.render import say, short

    first = trial.calls[0]
    say(f"model        {trial.model}")
    if first.first_token_ms is not None:
        say(f"first token  {first.first_token_ms:,} ms")
    say(f"answer       {first.total_ms:,} ms")
    usage = first.usage
    counted = f"{usage.input_tokens:,} read, {usage.output_tokens:,} written" if usage.known else "not said"
    say(f"tokens       {counted}")
    say(f"cost         {format_money(first.microusd)}" + ("" if usage.known else " at most"))
    say(f"said         {short(first.said) or 'nothing'}")
    for check in trial.checks:
        say(f"{check.subject:<12} {'ok' if check.good else 'BAD'}: {short(check.found)}")
    if len(trial.calls) > 1:
        say(f"in all       {format_money(sum(call.microusd for call in trial.calls))}")


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE.gguf", help="A model's weights in GGUF.")],
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="TEXT", help="Answer this and end. Without: chat, or stdin.")
    ] = None,
    context_tokens: Annotated[int, typer.Option("--context", min=64, help="Tokens it reads.")] = CONTEXT_TOKENS,
    answer_tokens: Annotated[int, typer.Option("--answer", min=1, help="Tokens of an answer.")] = ANSWER_TOKENS,
    as_json: JsonOption = False,
) -> None:
    """Run a model from a file on this machine, with no server and no network."""
    from ergos.cli.render import emit

    if not file.is_file():
        raise UsageError(f"{file} is not there", remedy="name a model file in GGUF")
    talk = _Talk(file, context_tokens, answer_tokens, quiet=as_json)
    said = prompt if prompt is not None or sys.stdin.isatty() else _stdin()
    if said is None:
        talk.chat()
        return
    reply = talk.answer(said)
    if as_json:
        emit({"text": reply.text, "stop": reply.stop, "usage": reply.usage})


def _stdin() -> str:
    text = sys.stdin.read(PROMPT_BYTES_MAX)
    if not text.strip():
        raise UsageError("there is no prompt on stdin", remedy="say one with --prompt, or start it at a terminal")
    return text


class _Talk:
    """A conversation with a model file at the terminal."""

    def __init__(self, file: Path, context_tokens: int, answer_tokens: int, *, quiet: bool) -> None:
        from ergos.drivers.host import HostClock
        from ergos.drivers.models.local import LocalModel
        from ergos.kernel.models import EndpointSpec, Limits
        from ergos.kernel.usage import FREE_MODEL

        spec = EndpointSpec(
            name=file.name,
            model=file.name,
            dialect="neutral",
            local=True,
            price=FREE_MODEL,
            context_tokens=context_tokens,
            output_tokens_max=min(answer_tokens, context_tokens),
            limits=Limits(slots=1),
        )
        self._clock = HostClock()
        self._model: LocalModel = LocalModel(spec, file, clock=self._clock)
        self._quiet = quiet
        self._history: list[Message] = []

    def chat(self) -> None:
        """Take turns until the person has nothing more to say."""
        from ergos.base.world_errors import ModelRequestError
        from ergos.cli.render import note

        note("an empty line or Ctrl-D ends")
        while True:
            try:
                said = input("> ")
            except EOFError:
                return
            if not said.strip():
                return
            try:
                self.answer(said)
            except ModelRequestError as error:
                self._history.pop()
                note(f"{error.what}; say less, start anew, or raise --context")

    def answer(self, said: str) -> Reply:
        """One turn, shown as it comes."""
        import asyncio

        from ergos.base.clock import SECOND
        from ergos.cli.render import note, piece
        from ergos.kernel.models import Delta, Message, ModelRequest, Text, TextDelta

        def show(delta: Delta) -> None:
            if isinstance(delta, TextDelta):
                print(piece(delta.text), end="", flush=True)

        self._history.append(Message("user", (Text(said),)))
        began_ns = self._clock.now_ns()
        reply = asyncio.run(
            self._model.request(
                ModelRequest(messages=tuple(self._history)),
                deadline_ns=began_ns + RUN_S * SECOND,
                on_delta=None if self._quiet else show,
            )
        )
        self._history.append(Message("assistant", reply.parts))
        if not self._quiet:
            print()
            took_s = (self._clock.now_ns() - began_ns) / SECOND
            note(f"{reply.usage.input_tokens:,} tokens read, {reply.usage.output_tokens:,} written in {took_s:.1f} s")
        return reply
