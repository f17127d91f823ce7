"""The tools that the conformance kit calls, by name: what each needs, and what it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from ergos.buses.mcp.server.asking import Call, is_modern
from ergos.buses.mcp.server.ports import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    MISSING_CAPABILITY,
    TASKS,
    RpcError,
    TaskView,
    Wire,
)
from ergos.buses.mcp.server.wire import failed, text
from tests.conformance_mcp.board import Ask, MemoryBoard, Work
from tests.conformance_mcp.samples import DEFAULTS, ENUMS, PNG, RICH, WAV

Behaviour = Callable[[Call, Wire], Awaitable[Wire | TaskView]]


def said(words: str) -> Wire:
    return {"content": [text(words)]}


def string(**names: str) -> Wire:
    properties = {name: {"type": "string", "description": about} for name, about in names.items()}
    return {"type": "object", "properties": properties, "required": list(names)}


def form(message: str, properties: Wire, required: list[str] | None = None) -> Wire:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}


def sampling(words: str, tokens: int) -> Wire:
    message = {"role": "user", "content": {"type": "text", "text": words}}
    return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": tokens}}


ROOTS: Final[Wire] = {"method": "roots/list", "params": {}}
NAME: Final[Wire] = {"name": {"type": "string"}}
OK: Final[Wire] = {"ok": {"type": "boolean"}}


def answers(asking: Call) -> tuple[Wire, str]:
    """What came with a further round: answers that have the shape of one, and the state that was given out."""
    params = asking.context.params or {}
    given = params.get("inputResponses") or {}
    return {key: one for key, one in given.items() if isinstance(one, dict)}, str(params.get("requestState") or "")


def required(requests: Wire, state: str = "") -> Wire:
    more = {"requestState": state} if state else {}
    return {"resultType": "input_required", "inputRequests": requests, **more}


class Tools:
    """All of them. `listed` may change: one of the tools changes it."""

    def __init__(self, board: MemoryBoard) -> None:
        self._board: Final = board
        self.table: Final[dict[str, tuple[str, Wire, Behaviour]]] = {}
        self._plain()
        self._talking()
        self._rounds()
        self._tasks()

    def _add(self, name: str, about: str, do: Behaviour, schema: Wire | None = None) -> None:
        self.table[name] = about, schema or {"type": "object", "properties": {}}, do

    def _gives(self, name: str, about: str, *content: Wire) -> None:
        async def do(asking: Call, arguments: Wire) -> Wire:
            return {"content": list(content)}

        self._add(name, about, do)

    def _plain(self) -> None:
        image = {"type": "image", "data": PNG, "mimeType": "image/png"}
        resource = {
            "uri": "test://embedded-resource",
            "mimeType": "text/plain",
            "text": "This is an embedded resource content.",
        }
        mixed = {
            "uri": "test://mixed-content-resource",
            "mimeType": "application/json",
            "text": '{"test":"data","value":123}',
        }
        self._gives("test_simple_text", "Gives text", text("This is a simple text response for testing."))
        self._gives("test_image_content", "Gives an image", image)
        self._gives("test_audio_content", "Gives audio", {"type": "audio", "data": WAV, "mimeType": "audio/wav"})
        self._gives("test_embedded_resource", "Gives a resource", {"type": "resource", "resource": resource})
        self._gives(
            "test_multiple_content_types", "Gives several things", text("Multiple content types test:"), image,
            {"type": "resource", "resource": mixed},
        )  # fmt: skip

        async def error(asking: Call, arguments: Wire) -> Wire:
            return failed("This tool intentionally returns an error for testing")

        async def echoed(asking: Call, arguments: Wire) -> Wire:
            return said(f"given: {sorted(arguments)}")

        async def greet(asking: Call, arguments: Wire) -> Wire:
            return said(f"Hello, {arguments.get('name', '')}!")

        async def changed(asking: Call, arguments: Wire) -> Wire:
            self._gives(f"added_{len(self.table)}", "Was added while the server ran", text("here"))
            return said("changed")

        async def nothing(asking: Call, arguments: Wire) -> Wire:
            return said("the prompts of this server do not change")

        region = {"type": "string", "description": "Where", "x-mcp-header": "Region"}
        headed = {
            "type": "object",
            "properties": {"region": region, "query": {"type": "string"}},
            "required": ["region"],
        }
        self._add("test_error_handling", "Fails", error)
        self._add("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", echoed, RICH)
        self._add("test_headers", "Takes a parameter that is told in a header, too", echoed, headed)
        self._add("greet", "Greets", greet, string(name="Whom"))
        self._add("test_trigger_tool_change", "Adds a tool", changed)
        self._add("test_trigger_prompt_change", "Changes no prompt", nothing)

    def _talking(self) -> None:
        async def logging(asking: Call, arguments: Wire) -> Wire:
            for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
                await log(asking, words)
                await asyncio.sleep(0.05)
            return said("logged")

        async def progress(asking: Call, arguments: Wire) -> Wire:
            for done in (0, 50, 100):
                await asking.context.session.report_progress(done, 100)
                await asyncio.sleep(0.05)
            return said("done")

        async def asked(asking: Call, request: Wire) -> Wire:
            from mcp_types import CreateMessageResult, ElicitResult

            session: Any = asking.context.session
            if is_modern(asking.context):
                answer = answers(asking)[0].get("asked")
                return required({"asked": request}) if answer is None else said(f"answer: {answer}")
            if request["method"] == "sampling/createMessage":
                from mcp_types import CreateMessageRequest

                kind, made = CreateMessageResult, CreateMessageRequest.model_validate(request)
            else:
                from mcp_types import ElicitRequest

                kind, made = ElicitResult, ElicitRequest.model_validate(request)
            from mcp.shared.message import ServerMessageMetadata

            metadata = ServerMessageMetadata(related_request_id=asking.context.request_id)
            came = (await session.send_request(made, kind, metadata=metadata)).model_dump(
                by_alias=True, exclude_none=True
            )
            if "content" in came and isinstance(came["content"], dict) and "text" in came["content"]:
                return said(f"LLM response: {came['content']['text']}")
            return said(f"Elicitation completed: action={came.get('action')}, content={came.get('content')}")

        async def model(asking: Call, arguments: Wire) -> Wire:
            return await asked(asking, sampling(str(arguments.get("prompt", "")), 100))

        async def elicited(asking: Call, arguments: Wire) -> Wire:
            about = {
                "username": {"type": "string", "description": "User's response"},
                "email": {"type": "string", "description": "User's email address"},
            }
            return await asked(asking, form(str(arguments.get("message", "")), about))

        async def defaults(asking: Call, arguments: Wire) -> Wire:
            return await asked(asking, form("Confirm or change", DEFAULTS, []))

        async def enums(asking: Call, arguments: Wire) -> Wire:
            return await asked(asking, form("Choose", ENUMS, []))

        async def cut(asking: Call, arguments: Wire) -> Wire:
            if asking.context.close_sse_stream is not None:
                await asking.context.close_sse_stream()
            await asyncio.sleep(0.3)
            return said("Reconnection test completed successfully.")

        self._add("test_tool_with_logging", "Logs", logging)
        self._add("test_logging_tool", "Logs", logging)
        self._add("test_tool_with_progress", "Says how far it is", progress)
        self._add("test_sampling", "Asks the client's model", model, string(prompt="What to ask"))
        self._add("test_elicitation", "Asks the user", elicited, string(message="What to ask"))
        self._add("test_elicitation_sep1034_defaults", "Asks with defaults", defaults)
        self._add("test_elicitation_sep1330_enums", "Asks with choices", enums)
        self._add("test_streaming_elicitation", "Asks the user", elicited)
        self._add("test_reconnection", "Closes its stream and goes on", cut)

    def _rounds(self) -> None:
        def single(name: str, key: str, request: Wire, state: str = "") -> None:
            async def do(asking: Call, arguments: Wire) -> Wire:
                given, kept = answers(asking)
                if key not in given or (state and kept != state):
                    return required({key: request}, state)
                return said(f"answered: {given[key]}, {kept}")

            self._add(name, "Asks and answers in rounds", do)

        prefix = "test_input_required_result_"
        single(f"{prefix}sampling", "capital_question", sampling("What is the capital of France?", 100))
        single(f"{prefix}list_roots", "client_roots", ROOTS)
        single(f"{prefix}request_state", "confirm", form("Please confirm", OK), "begun")
        single(f"{prefix}tampered_state", "confirm", form("Please confirm", OK), "begun")

        async def named(asking: Call, arguments: Wire) -> Wire:
            content = answers(asking)[0].get("user_name", {}).get("content")
            if not isinstance(content, dict) or not isinstance(content.get("name"), str):
                return required({"user_name": form("What is your name?", NAME)})
            return said(f"Hello, {content['name']}!")

        async def several(asking: Call, arguments: Wire) -> Wire:
            needed = {
                "user_name": form("What is your name?", NAME),
                "greeting": sampling("Generate a greeting", 50),
                "client_roots": ROOTS,
            }
            given, _ = answers(asking)
            missing = {key: one for key, one in needed.items() if key not in given}
            return required(missing, "several") if missing else said(f"answered: {sorted(given)}")

        async def rounds(asking: Call, arguments: Wire) -> Wire:
            given, state = answers(asking)
            if state.startswith("2") and "step2" in given:
                return said("both steps are done")
            if state == "1" and "step1" in given:
                return required(
                    {"step2": form("Step 2: What is your favorite color?", {"color": {"type": "string"}})}, "2"
                )
            return required({"step1": form("Step 1: What is your name?", NAME)}, "1")

        async def capable(asking: Call, arguments: Wire) -> Wire:
            able = asking.context.session.client_capabilities
            needed: Wire = {}
            if able is not None and able.sampling is not None:
                needed["model"] = sampling("Say something", 20)
            if able is not None and able.elicitation is not None:
                needed["user"] = form("What is your name?", NAME)
            return required(needed) if needed and not answers(asking)[0] else said("done")

        async def missing(asking: Call, arguments: Wire) -> Wire:
            able = asking.context.session.client_capabilities
            if able is None or able.sampling is None:
                raise RpcError(MISSING_CAPABILITY, "sampling is needed", {"requiredCapabilities": {"sampling": {}}})
            return said("there")

        self._add(f"{prefix}elicitation", "Asks for a name", named)
        self._add(f"{prefix}multiple_inputs", "Asks for three things", several)
        self._add(f"{prefix}multi_round", "Asks twice", rounds)
        self._add(f"{prefix}capabilities", "Asks for what the client can give", capable)
        self._add("test_missing_capability", "Needs a model of the client", missing)

    def _tasks(self) -> None:
        async def at_once(work: Work) -> Wire:
            async def ask(key: str, request: Wire) -> Any:
                raise RpcError(INVALID_PARAMS, "this call needs a client that takes tasks")

            return await work(ask)

        async def run(asking: Call, work: Work) -> Wire | TaskView:
            return self._board.start(asking.caller, work) if asking.takes_tasks else await at_once(work)

        async def must(asking: Call, work: Work) -> TaskView:
            if not asking.takes_tasks:
                needed = {"requiredCapabilities": {"extensions": {TASKS: {}}}}
                raise RpcError(MISSING_CAPABILITY, f"{TASKS} is needed", needed)
            return self._board.start(asking.caller, work)

        async def slow(asking: Call, arguments: Wire) -> Wire | TaskView:
            async def work(ask: Ask) -> Wire:
                await asyncio.sleep(float(arguments.get("seconds", 1)))
                return said(f"computed {arguments.get('label', '')}")

            return await run(asking, work)

        async def failing(asking: Call, arguments: Wire) -> TaskView:
            async def work(ask: Ask) -> Wire:
                await asyncio.sleep(1)
                return failed("this job always fails")

            return await must(asking, work)

        async def broken(asking: Call, arguments: Wire) -> Wire | TaskView:
            async def work(ask: Ask) -> Wire:
                raise RpcError(INTERNAL_ERROR, "the job broke")

            return await run(asking, work)

        async def delete(asking: Call, arguments: Wire) -> Wire | TaskView:
            async def work(ask: Ask) -> Wire:
                answer = await ask(
                    "confirm-1", form(f"Delete {arguments.get('filename', '')}?", {"confirm": {"type": "boolean"}})
                )
                return said(f"confirmed: {answer}")

            return await run(asking, work)

        async def two(asking: Call, arguments: Wire) -> Wire | TaskView:
            async def work(ask: Ask) -> Wire:
                both = await asyncio.gather(ask("name-1", form("Name?", NAME)), ask("ok-1", form("Sure?", OK)))
                return said(f"answered: {both}")

            return await run(asking, work)

        async def named(asking: Call, arguments: Wire) -> Wire | TaskView:
            content = answers(asking)[0].get("user_name", {}).get("content")
            if not isinstance(content, dict):
                return required({"user_name": form("What is your name?", NAME)}, "named")

            async def work(ask: Ask) -> Wire:
                return said(f"Hello, {content.get('name')}!")

            return await must(asking, work)

        seconds = {"type": "object", "properties": {"seconds": {"type": "number"}, "label": {"type": "string"}}}
        self._add("slow_compute", "Takes its time", slow, seconds)
        self._add("failing_job", "Fails after a second", failing)
        self._add("protocol_error_job", "Breaks", broken)
        self._add("confirm_delete", "Asks before it deletes", delete, string(filename="Which"))
        self._add("multi_input", "Asks two things at once", two)
        self._add("test_tool_with_task", "Asks, then works", named)


async def log(asking: Call, words: str) -> None:
    """A log message on the stream of this very request, where the client wants it."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the era that is served deprecates it
        await asking.context.session.send_log_message("info", words, related_request_id=asking.context.request_id)
