"""Everything there is to ask of a site, found in the site itself and filled in with somebody's things."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from ergos import console
from tests.server.sites import Call, Site, Things

OWN_EFFECT: Final = frozenset({"/stop", "/leave", "/enter", "/preferences", "/new", "/new/make", "/api/v1/enter"})
"""Forms without an object: what they do, they do to who sends them."""


TEMPLATES: Final = Path(console.__file__).parent / "templates"
FIELDS: Final = sorted({
    name for page in TEMPLATES.rglob("*.html") for name in re.findall(r'name="(\w+)"', page.read_text(encoding="utf-8"))
})  # fmt: skip
"""Every field of every form."""
CHOICES: Final = {"signal": "kill", "verdict": "approve", "choice": "approve"}


def api_calls(site: Site, things: Things, *, every: bool = False) -> Iterator[Call]:
    """Every operation that names an object in its path, query or body; `every`: the others, too."""
    for path, operations in site.document["paths"].items():
        for method, operation in operations.items():
            if method not in {"get", "post", "put", "delete"}:
                continue
            named, query = 0, dict[str, Any]()
            where = path if path.startswith("/api") else f"/api/v1{path}"
            if where in OWN_EFFECT and not every:
                continue
            for parameter in operation.get("parameters", ()):
                schema = resolved(site, parameter.get("schema", {}))
                value = things.of(parameter["name"], kind_of(schema))
                if parameter["in"] == "path":
                    filled = str(value if value is not None else 1)
                    where = where.replace(f"{{{parameter['name']}}}", quote(filled, safe="/"))
                    named += value is not None
                elif parameter["in"] == "query" and (value is not None or parameter.get("required")):
                    query[parameter["name"]] = value if value is not None else example(site, schema, things)
                    named += value is not None
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            before = things.hidden("") if schema is None else ""
            body = example(site, schema, things) if schema is not None else None
            named += schema is not None and things.hidden(json.dumps(body)) != json.dumps(body) + before
            if named or every:
                target = f"{where}?{urlencode(query, doseq=True)}" if query else where
                headers = site.as_program | (
                    {"idempotency-key": f"{things.pid}-{method}-{len(where)}"} if method == "post" else {}
                )
                yield Call(method.upper(), target, headers, json.dumps(body).encode() if body is not None else b"")


def resolved(site: Site, schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = site.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return resolved(site, next((one for one in schema[several] if one.get("type") != "null"), {}))
    return schema


def kind_of(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "string")
    return next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind


def example(site: Site, schema: dict[str, Any], things: Things, name: str = "", depth: int = 0) -> Any:
    """A value of a schema, about these things wherever it names one."""
    schema = resolved(site, schema)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = kind_of(schema)
    if (value := things.of(name, kind)) is not None:
        return value
    match kind:
        case "object":
            fields = schema.get("properties", {})
            wanted = [
                one
                for one in fields
                if one in schema.get("required", ()) or things.of(one, kind_of(resolved(site, fields[one]))) is not None
            ]
            return {one: example(site, fields[one], things, one, depth + 1) for one in wanted} if depth < 6 else {}
        case "array":
            return (
                [example(site, schema.get("items", {}), things, name.removesuffix("s"), depth + 1)] if depth < 6 else []
            )
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return "x" * max(1, schema.get("minLength", 1))


def page_calls(site: Site, things: Things, *, every: bool = False) -> Iterator[Call]:
    """Every page and form, with all names that could matter in its query or its fields; `every`: those without an
    object, too, but for signing out.
    """
    fields = {
        name: things.of(name, "any")
        for name in ("pid", "process", "number", "item", "agent", "name", "id", "grant", "digest", "from", "to", "key", "owner", "label", "path", "version", "before")
    }  # fmt: skip
    for route in routes_of(site.app):
        path: str = route.path
        if path.startswith(("/api", "/static", "/a2a", "/.well-known", "/metrics", "/enter", "/leave")):
            continue
        if (path in OWN_EFFECT or path.endswith("/seen")) and not every:
            continue
        names = re.findall(r"\{(\w+)(?::\w+)?\}", path)
        values = {name: things.of(name, "any") for name in names}
        where = path
        for name, value in values.items():
            where = re.sub(rf"\{{{name}(?::\w+)?\}}", quote(str(1 if value is None else value), safe=""), where)
        for method in route.methods or ():
            if method == "GET":
                yield Call("GET", f"{where}?{urlencode(fields)}", site.as_person, b"")
            elif method == "POST" and (every or names or path.startswith("/inbox")):
                more = {
                    **dict.fromkeys(FIELDS, "1"),
                    **fields,
                    "csrf": site.csrf,
                    "sure": "yes",
                    "back": "/",
                    **CHOICES,
                }
                body = urlencode(more).encode()
                yield Call("POST", where, site.as_person | {"content-type": "application/x-www-form-urlencoded"}, body)


def routes_of(app: Any) -> Iterator[Any]:
    for route in app.routes:
        if getattr(route, "routes", None):
            yield from routes_of(route)
        else:
            yield route
