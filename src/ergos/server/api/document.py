"""The OpenAPI 3.1 document of the API, made from the table; and a page that lists it for people.

Rules: everything that is checked stands in it, and nothing that is not; schemas are those of the records that are
decoded and encoded; it is the same at every request, and has an ETag.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final, cast

import msgspec

from ergos import __version__
from ergos.base.limits import MIB, VALUE_BYTES_MAX
from ergos.server.api.operation import BASE, EVENTS, JSON, Link, Operation
from ergos.server.api.problems import PROBLEM, TITLES, Problem
from ergos.server.api.reading import properties_of

_TEMPLATE: Final = "#/components/schemas/{name}"
COOKIE: Final = "ergos-7410"
"""Of a browser that is signed in; the port of the gate stands in its name."""

_TAGS: Final = {
    "kernel": "The kernel as a whole.",
    "namespace": "One path scheme names everything a kernel keeps.",
    "processes": "Agents at work.",
    "inbox": "What waits for the owner.",
    "grants": "What agents may do.",
    "agents": "Agents and their versions.",
    "words": "Making agents of words.",
    "memory": "What agents remember.",
    "ledger": "What was spent, and what came of it.",
    "goals": "How hosted agents stand.",
    "journal": "What happened, and its proof.",
    "events": "What happens, as it happens.",
    "agui": "Talking to agents by AG-UI 1.0.",
    "triggers": "What wakes agents.",
    "entrance": "The door for foreign programs.",
    "tools": "Tools and what changed of them.",
    "peers": "Agents of other makers that agents may ask.",
    "skills": "Installed skills.",
    "models": "Models that were found.",
    "secrets": "Keys and passwords, never read back.",
    "access": "Who may come in.",
    "document": "This document.",
}
_SAYS: Final = (
    "Everything that the command line does. Every request is made in the name of whoever signed in: a token "
    "(`Authorization: Bearer`) or a browser's session. What belongs to another owner looks exactly like what does not "
    "exist. Roles: viewer < operator < owner; `x-ergos-role` says which one an operation needs, `x-ergos-keeper` that "
    "it concerns the whole home, `x-ergos-fresh` that it wants a sign-in of the last minutes. Errors are problems "
    "(RFC 9457) with a stable code and a remedy. Lists have at most 200 rows and a `next`."
)


def encoded(table: tuple[Operation, ...]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(openapi(table))


def openapi(table: tuple[Operation, ...]) -> dict[str, Any]:
    """The document of a table."""
    kinds = [one for operation in table for one in (operation.body, operation.reply) if one is not None]
    schemas, components = msgspec.json.schema_components((*kinds, Problem), ref_template=_TEMPLATE)
    of_kind = dict(zip(map(id, kinds), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, of_kind)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ErgOS",
            "version": __version__,
            "summary": "An operating system for AI agents",
            "description": f"{_SAYS} {_limits()}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE}],
        "security": [{"bearer": []}, {"session": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {f"Problem{status}": _problem(status) for status in TITLES},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `ergos access`."},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Of `ergos open`."},
            },
        },
    }


def _limits() -> str:
    """How much may be asked, as the door counts it."""
    from ergos.server.entrance import REQUESTS_BURST, REQUESTS_PER_S

    return (
        f"A body has at most {VALUE_BYTES_MAX // MIB} MiB. A credential may ask {REQUESTS_BURST:,} times at once and "
        f"{REQUESTS_PER_S:.0f} times a second from then on; more is refused with 429 and Retry-After."
    )


def _described(operation: Operation, of_kind: dict[int, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation, of_kind),
        "x-ergos-role": operation.role,
    }
    said = [operation.says] if operation.says else []
    if operation.once:
        said.append("Under an Idempotency-Key it is done once, however often it is asked, for a day.")
    if said:
        found["description"] = " ".join(said)
    for name, on in (("keeper", operation.keeper), ("fresh", operation.fresh), ("agents", operation.agents)):
        if on:
            found[f"x-ergos-{name}"] = True
    if operation.body is not None:
        media: dict[str, Any] = {"schema": of_kind[id(operation.body)]}
        if operation.example is not None:
            media["example"] = operation.example
        found["requestBody"] = {"required": True, "content": {JSON: media}}
    return found


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    properties, required = properties_of(operation.takes)
    found: list[dict[str, Any]] = []
    for name, said in properties.items():
        schema = dict(cast("dict[str, Any]", said))
        in_path = name in operation.in_path
        one: dict[str, Any] = {"name": name, "in": "path" if in_path else "query"}
        if "description" in schema:
            one["description"] = schema.pop("description")
        one |= {"required": in_path or name in required, "schema": schema}
        if schema.get("type") == "array":
            one |= {"style": "form", "explode": True}
        found.append(one)
    if operation.once:
        found.append(_header("Idempotency-Key", "Asked again under the same key it is not done again.", _KEY))
    if operation.tagged:
        found.append(_header("If-None-Match", "Tags that are known already.", {"type": "string"}))
    if operation.id == "followJournal":
        found.append(_header("Last-Event-ID", "The id of the last event that was received.", _SEQ))
    return found


_KEY: Final = {"type": "string", "pattern": "^[!#-~]{1,200}$"}
_SEQ: Final = {"type": "string", "pattern": "^[0-9]{1,15}$"}


def _header(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


def statuses_of(operation: Operation) -> tuple[int, ...]:
    """Statuses of every refusal an operation may answer with."""
    found = {400, 401, 403, 405, 414, 429, 500, 503, *operation.refuses}
    if operation.body is not None:
        found |= {409, 413, 415, 422}
    if operation.once:
        found.add(409)
    return tuple(sorted(found))


def _responses(operation: Operation, of_kind: dict[int, dict[str, Any]]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.reply is not None:
        schema = of_kind[id(operation.reply)]
        good["content"] = {operation.media: {"schema": schema}}
        if operation.streams:
            good["content"][EVENTS] = {"schema": {"type": "string"}}
    headers: dict[str, Any] = {}
    if operation.status == 201:
        headers["Location"] = {"description": "Where it is.", "schema": {"type": "string"}}
    if operation.tagged:
        headers["ETag"] = {"description": "Of this version.", "schema": {"type": "string"}}
    if headers:
        good["headers"] = headers
    if operation.links:
        good["links"] = {f"{link.to}By{link.parameter.capitalize()}": _link(link) for link in operation.links}
    found: dict[str, Any] = {str(operation.status): good}
    if operation.id == "makeAgent":
        found["200"] = {key: value for key, value in good.items() if key != "headers"}
    if operation.tagged:
        found["304"] = {"description": "It is as it was."}
    found |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses_of(operation)}
    return found


def _link(link: Link) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": link.to,
        "parameters": {link.parameter: f"$response.body#{link.pointer}"},
    }
    if link.body:
        found["requestBody"] = {name: f"$response.body#{pointer}" for name, pointer in link.body.items()}
    return found


def _problem(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": TITLES[status],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in {429, 503}:
        seconds = {"description": "Seconds to wait first.", "schema": {"type": "string"}}
        said["headers"] = {"Retry-After": seconds}
    return said


def reference(table: tuple[Operation, ...]) -> str:
    """The list of operations in Markdown, for the documentation."""
    lines = ["| method | path | role | what it does |", "| --- | --- | --- | --- |"]
    for one in table:
        needs = [one.role, *(["keeper"] if one.keeper else []), *(["fresh"] if one.fresh else [])]
        lines.append(f"| {one.method} | `{BASE}{one.path}` | {', '.join(needs)} | {one.summary} |")
    return "\n".join(lines) + "\n"


def page(table: tuple[Operation, ...]) -> str:
    """The list of operations, for people; nothing is loaded from elsewhere."""
    rows = "".join(
        f"<tr><td><code>{one.method}</code></td><td><code>{escape(BASE + one.path)}</code></td>"
        f"<td>{escape(one.role)}{', keeper' if one.keeper else ''}{', fresh' if one.fresh else ''}</td>"
        f"<td>{escape(one.summary)}</td></tr>"
        for one in table
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ErgOS API</title>'
        '<meta name="viewport" content="width=device-width"></head><body><h1>ErgOS API</h1>'
        f'<p>{escape(_SAYS)} <a href="{BASE}/openapi.json">OpenAPI 3.1</a></p><table><caption>Operations</caption>'
        '<thead><tr><th scope="col">Method</th><th scope="col">Path</th><th scope="col">Role</th>'
        f'<th scope="col">What it does</th></tr></thead><tbody>{rows}</tbody></table></body></html>'
    )
