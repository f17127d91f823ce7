"""A neutral request from a vendor's recorded one, as far as it can be said neutrally; None where it cannot.

For tests only, and written apart from the code under test: what the driver sends for the neutral request is compared
with what was recorded.
"""

from __future__ import annotations

import json

from ergos.kernel.models import (
    Media,
    Message,
    ModelRequest,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)

SETTINGS = {
    "chat": {"messages", "model", "stream", "stream_options", "tools", "tool_choice", "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed"},
    "responses": {"input", "model", "stream", "instructions", "tools", "tool_choice", "include", "temperature", "top_p", "max_output_tokens"},
    "anthropic": {"messages", "model", "stream", "system", "tools", "tool_choice", "temperature", "max_tokens", "stop_sequences"},
    "google": {"contents", "tools", "toolConfig", "systemInstruction", "generationConfig"},
}  # fmt: skip


def chat(body: dict, mark: str = "") -> ModelRequest | None:
    if set(body) - SETTINGS["chat"]:
        return None
    messages = []
    for message in body["messages"]:
        role = {"developer": "system"}.get(message["role"], message["role"])
        if set(message) - {"role", "content", "tool_calls", "tool_call_id"}:
            return None
        content = message.get("content")
        if role == "tool":
            if not isinstance(content, str):
                return None
            messages.append(Message("tool", (ToolResult(message["tool_call_id"], content),)))
            continue
        parts: list[Part] = []
        for item in [{"type": "text", "text": content}] if isinstance(content, str) else content or []:
            part = chat_part(item)
            if part is None:
                return None
            parts.append(part)
        for call in message.get("tool_calls") or []:
            if call.get("type", "function") != "function" or set(call) - {"id", "type", "function"}:
                return None
            parts.append(ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"]))
        messages.append(Message(role, tuple(parts)))
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        if "function" not in choice:
            return None
        choice = choice["function"]["name"]
    if any("function" not in tool for tool in body.get("tools", ())):
        return None
    tools = tuple(
        ToolDefinition(
            t["function"]["name"], t["function"].get("description") or "", t["function"].get("parameters") or {}
        )
        for t in body.get("tools", ())
    )
    stop = body.get("stop") or ()
    return ModelRequest(
        messages=tuple(messages), tools=tools, tool_choice=choice,
        output_tokens_max=body.get("max_completion_tokens", body.get("max_tokens")), temperature=body.get("temperature"),
        top_p=body.get("top_p"), stop=(stop,) if isinstance(stop, str) else tuple(stop), seed=body.get("seed"),
    )  # fmt: skip


def chat_part(item: dict) -> Part | None:
    match item.get("type"):
        case "text":
            return Text(item["text"])
        case "image_url":
            url = item["image_url"]["url"]
            if url.startswith("data:"):
                head, data = url.removeprefix("data:").split(";base64,")
                return Media("image", media_type=head, data=data)
            return Media("image", url=url)
        case "input_audio":
            if item["input_audio"]["data"].startswith("data:"):
                return None
            return Media(
                "audio",
                media_type={"wav": "audio/wav", "mp3": "audio/mpeg"}[item["input_audio"]["format"]],
                data=item["input_audio"]["data"],
            )
        case "file":
            if "file_data" not in item["file"] or not item["file"]["file_data"].startswith("data:application/pdf"):
                return None
            head, data = item["file"]["file_data"].removeprefix("data:").split(";base64,")
            return Media("file", media_type=head, data=data)
        case _:
            return None


def responses(body: dict, mark: str) -> ModelRequest | None:
    if set(body) - SETTINGS["responses"]:
        return None
    messages: list[Message] = [Message("system", (Text(body["instructions"]),))] if body.get("instructions") else []
    items = body["input"]
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        kind = item.get("type", "message")
        if kind == "message":
            parts: list[Part] = []
            content = item["content"]
            for piece in [{"type": "input_text", "text": content}] if isinstance(content, str) else content:
                match piece["type"]:
                    case "input_text" | "output_text":
                        parts.append(Text(piece["text"]))
                    case "input_image" if piece["image_url"].startswith("data:"):
                        head, data = piece["image_url"].removeprefix("data:").split(";base64,")
                        parts.append(Media("image", media_type=head, data=data))
                    case "input_image":
                        parts.append(Media("image", url=piece["image_url"]))
                    case _:
                        return None
            if item["role"] == "assistant" and item.get("id"):
                parts.insert(0, Reasoning("", f"{mark}|item:{item['id']}|{item.get('phase') or ''}"))
            messages.append(Message({"developer": "system"}.get(item["role"], item["role"]), tuple(parts)))
        elif kind == "function_call":
            before = (Reasoning("", f"{mark}|item:{item['id']}|"),) if item.get("id") else ()
            messages.append(Message("assistant", (*before, ToolCall(item["call_id"], item["name"], item["arguments"]))))
        elif kind == "function_call_output" and isinstance(item["output"], str):
            messages.append(Message("tool", (ToolResult(item["call_id"], item["output"]),)))
        elif kind == "reasoning":
            seal = f"{mark}|{item['id']}|{item.get('encrypted_content') or ''}"
            texts = [summary["text"] for summary in item["summary"]] or [""]
            if item.get("content"):
                return None
            messages.append(Message("assistant", tuple(Reasoning(text, seal) for text in texts)))
        else:
            return None
    if any(tool["type"] != "function" for tool in body.get("tools", ())):
        return None
    tools = tuple(ToolDefinition(t["name"], t.get("description") or "", t["parameters"]) for t in body.get("tools", ()))
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        if choice.get("type") != "function":
            return None
        choice = choice["name"]
    return ModelRequest(
        messages=merged(messages), tools=tools, tool_choice=choice, output_tokens_max=body.get("max_output_tokens"),
        temperature=body.get("temperature"), top_p=body.get("top_p"),
    )  # fmt: skip


def merged(messages: list[Message]) -> tuple[Message, ...]:
    """What a model said in one turn stands in one message."""
    out: list[Message] = []
    for message in messages:
        if out and out[-1].role == message.role == "assistant":
            out[-1] = Message("assistant", (*out[-1].parts, *message.parts))
        else:
            out.append(message)
    return tuple(out)


def anthropic(body: dict, mark: str = "") -> ModelRequest | None:
    if set(body) - SETTINGS["anthropic"]:
        return None
    system = body.get("system") or []
    blocks = [{"text": system}] if isinstance(system, str) else system
    messages = [Message("system", (Text(block["text"]),)) for block in blocks]
    for message in body["messages"]:
        parts: list[Part] = []
        content = message["content"]
        if message["role"] == "system":
            return None
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            part = anthropic_part(block)
            if part is None:
                return None
            parts.append(part)
        messages.append(Message(message["role"], tuple(parts)))
    tools = []
    for tool in body.get("tools", ()):
        if tool.get("type", "custom") != "custom" or tool.get("defer_loading"):
            return None
        tools.append(ToolDefinition(tool["name"], tool.get("description") or "", tool["input_schema"]))
    choice = (body.get("tool_choice") or {}).get("type", "auto")
    choice = {"any": "required", "tool": (body.get("tool_choice") or {}).get("name")}.get(choice, choice)
    return ModelRequest(
        messages=tuple(messages), tools=tuple(tools), tool_choice=choice, output_tokens_max=body["max_tokens"],
        temperature=body.get("temperature"), stop=tuple(body.get("stop_sequences", ())),
    )  # fmt: skip


def anthropic_part(block: dict) -> Part | None:
    match block["type"]:
        case "text" if not block.get("citations"):
            return Text(block["text"])
        case "thinking":
            return Reasoning(block["thinking"], block["signature"])
        case "redacted_thinking":
            return Reasoning("", "anthropic|redacted|" + block["data"])
        case "tool_use":
            return ToolCall(block["id"], block["name"], json.dumps(block["input"]))
        case "tool_result":
            content = block["content"]
            if not isinstance(content, str):
                if any(piece["type"] != "text" for piece in content) or len(content) != 1:
                    return None
                content = content[0]["text"]
            return ToolResult(block["tool_use_id"], content, failed=bool(block.get("is_error")))
        case "image" if block["source"]["type"] == "base64":
            return Media("image", media_type=block["source"]["media_type"], data=block["source"]["data"])
        case "image" if block["source"]["type"] == "url":
            return Media("image", url=block["source"]["url"])
        case "document" if block["source"]["type"] == "base64":
            return Media("file", media_type=block["source"]["media_type"], data=block["source"]["data"])
        case _:
            return None


OWN_KEYS = {"args", "response", "parametersJsonSchema", "parameters_json_schema", "parameters", "responseJsonSchema"}


def camel(value: object) -> object:
    """Google's keys in one spelling; what an author named stays."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, item in value.items():
        head, *rest = key.split("_")
        out[head + "".join(word.capitalize() for word in rest)] = item if key in OWN_KEYS else camel(item)
    return out


def google(body: dict, mark: str) -> ModelRequest | None:
    body = camel(body)
    config = body.get("generationConfig") or {}
    if set(config) - {
        "responseModalities",
        "temperature",
        "topP",
        "maxOutputTokens",
        "stopSequences",
        "seed",
    } or config.get("responseModalities") not in (None, ["TEXT"]):
        return None
    messages = [
        Message("system", (Text(part["text"]),)) for part in (body.get("systemInstruction") or {}).get("parts", ())
    ]
    for number, content in enumerate(body["contents"]):
        parts: list[Part] = []
        for part in content["parts"]:
            seal = part.get("thoughtSignature")
            known = set(part) - {"thoughtSignature"}
            if seal:
                parts.append(Reasoning("", f"{mark}||{seal}"))
            if known == {"text"}:
                parts.append(Text(part["text"]))
            elif known == {"functionCall"}:
                call = part["functionCall"]
                parts.append(ToolCall(call.get("id") or f"{number}", call["name"], json.dumps(call["args"])))
            elif known == {"functionResponse"} and not set(part["functionResponse"]) - {"id", "name", "response"}:
                answer = part["functionResponse"]
                parts.append(
                    ToolResult(answer.get("id") or f"{number - 1}", json.dumps(answer["response"]), answer["name"])
                )
            elif known == {"inlineData"}:
                kind = part["inlineData"]["mimeType"].split("/")[0]
                parts.append(
                    Media(
                        kind if kind in {"image", "audio", "video"} else "file",
                        media_type=part["inlineData"]["mimeType"],
                        data=part["inlineData"]["data"],
                    )
                )
            else:
                return None
        role = "user" if content.get("role", "user") == "user" else "assistant"
        messages.append(Message(role, tuple(parts)))
    tools = []
    for tool in body.get("tools", ()):
        if set(tool) != {"functionDeclarations"}:
            return None
        for declared in tool["functionDeclarations"]:
            if declared.keys() - {"name", "description", "parametersJsonSchema"}:
                return None
            tools.append(
                ToolDefinition(
                    declared["name"], declared.get("description") or "", declared.get("parametersJsonSchema") or {}
                )
            )
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if set(body.get("toolConfig") or {}) - {"functionCallingConfig"}:
        return None
    choice = {"AUTO": "auto", "NONE": "none", "ANY": "required"}.get(calling.get("mode", "AUTO"), "auto")
    if calling.get("allowedFunctionNames"):
        return None
    return ModelRequest(
        messages=tuple(messages), tools=tuple(tools), tool_choice=choice, temperature=config.get("temperature"), top_p=config.get("topP"),
        output_tokens_max=config.get("maxOutputTokens"), stop=tuple(config.get("stopSequences", ())), seed=config.get("seed"),
    )  # fmt: skip
