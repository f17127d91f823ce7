"""Toolsets of Docker Agent as grants, proposed servers, proposed folders and drafts of scripts.

Rules: a toolset without a counterpart is reported; a script is written as a draft and never run; where a toolset says
how far it reaches (directories, domains, a filter of tools), its grants say it, too.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.app.importing.fields import Fields
from ergos.app.importing.leaks import without_secrets
from ergos.app.importing.names import plain_name, server_name
from ergos.app.importing.remarks import Findings
from ergos.app.importing.servers import Servers
from ergos.app.importing.shape import DraftFile, FolderProposal
from ergos.app.importing.tool_map import KNOWN, NEEDLESS, fetching, files_below, granted, of_tool, several
from ergos.base.canonical import Plain
from ergos.kernel.permission.grants import Grant, Matcher

SOURCE: Final = "Docker Agent"
_DOMAIN: Final = re.compile(r"(?:\*\.|\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_READ_ONLY: Final = frozenset(
    "files.read files.list files.search http.fetch git.status git.log git.diff git.show".split()
)
_SILENT: Final = tuple(
    "instruction defer lifecycle toon model ignore_vcs shared config timeout name version path recall safer "
    "sudo_askpass allow_private_ips file_types working_dir".split()
)


class Toolset(msgspec.Struct, frozen=True):
    """What became of the toolsets of one agent."""

    grants: tuple[Grant, ...]
    drafts: tuple[DraftFile, ...]


class Toolsets:
    """The toolsets of one file."""

    def __init__(self, document: Fields, servers: Servers, findings: Findings) -> None:
        self._document: Final = document
        self._servers: Final = servers
        self._findings: Final = findings
        self._folders: dict[str, FolderProposal] = {}

    @property
    def folders(self) -> tuple[FolderProposal, ...]:
        """Folders that were named."""
        return tuple(self._folders.values())

    def of_agent(self, agent: str, fields: Fields) -> Toolset:
        """The toolsets of an agent, its own and the shared ones."""
        listed = list(enumerate(fields.items("toolsets")))
        found = [(f"{fields.at('toolsets')}[{number}]", value) for number, value in listed]
        for name in fields.texts("use_toolsets"):
            shared = self._document.below("toolsets").raw(name)
            if shared is None:
                self._findings.add("I109", fields.at("use_toolsets"), name)
            found.append((f"toolsets.{name}", shared))
        read_only = fields.flag("readonly") is True
        grants: list[Grant] = []
        drafts: list[DraftFile] = []
        for where, value in found:
            if value is None:
                continue
            one = Fields(value, where, self._findings)
            made = self._toolset(agent, one, drafts)
            strict = read_only or one.flag("readonly") is True
            for grant in made:
                if not strict or grant.name in _READ_ONLY:
                    grants.append(grant)
                else:
                    self._findings.add("I207", where, f"{grant.name} (readonly)")
            one.known(*_SILENT)
            one.done()
        return Toolset(tuple(grants), tuple(drafts))

    def _toolset(self, agent: str, one: Fields, drafts: list[DraftFile]) -> list[Grant]:
        kind = one.text("type").strip().lower()
        if kind == "mcp":
            return self._mcp(agent, one)
        if kind in ("filesystem", "file"):
            return self._files(agent, one)
        if kind == "fetch":
            return self._fetch(agent, one)
        if kind == "script":
            self._scripts(one, drafts)
            return []
        if kind == "api":
            return self._api(agent, one)
        if kind == "webhook":
            one.known("webhook_config")
            return [granted(agent, "webhook.send", "webhook", one.where, self._findings, SOURCE)]
        if kind == "rag":
            self._findings.add("I505", one.where, one.text("ref") or "rag")
            one.known("ref", "rag_config", "docs", "strategies", "results", "tool", "respect_vcs", "tools")
            return []
        if kind in NEEDLESS or kind == "background_agents":
            one.known("tools")
            return []
        if kind in KNOWN:
            if one.texts("tools"):
                self._findings.add("I203", one.where, f"tools: {', '.join(one.texts('tools'))}")
            one.known("env")
            return list(of_tool(agent, kind, one.where, self._findings, SOURCE))
        self._findings.add("I201", one.where, kind or "a toolset without a type")
        one.known(*one.keys)
        return []

    def _mcp(self, agent: str, one: Fields) -> list[Grant]:
        reference = one.text("ref")
        source = one
        if reference and reference in self._document.below("mcps"):
            source = self._document.below("mcps").below(reference)
            reference = source.text("ref") if source.text("ref").startswith("docker:") else ""
        elif reference and not reference.startswith("docker:"):
            self._findings.add("I109", one.at("ref"), reference)
            one.known("tools", "env")
            return []
        remote = source.below("remote")
        said = source.text("name") or one.text("ref").removeprefix("docker:") or one.text("name")
        if reference:
            server = reference.removeprefix("docker:")
            name = self._servers.add(
                server,
                one.where,
                command="docker",
                args=("mcp", "gateway", "run", f"--servers={server}"),
                env=source.pairs("env"),
            )
        else:
            name = self._servers.add(
                said,
                one.where,
                command=source.text("command"),
                args=source.texts("args"),
                env=source.pairs("env"),
                url=remote.text("url"),
                headers=remote.pairs("headers"),
            )
        remote.known("transport_type", "oauth", "url", "headers")
        wanted = one.texts("tools") or source.texts("tools")
        one.known("remote", "command", "args", "env")
        if name is None:
            return []
        names = [f"{name}.{plain_name(tool)}" for tool in wanted if plain_name(tool)] or [f"{name}.*"]
        return [granted(agent, tool, f"mcp {said or name}", one.where, self._findings, SOURCE) for tool in names]

    def _files(self, agent: str, one: Fields) -> list[Grant]:
        tools = one.texts("tools")
        names = [name for tool in tools for name in KNOWN.get(tool.lower(), ())] if tools else list(KNOWN["filesystem"])
        folders = tuple(filter(None, (self._folder(path, one) for path in one.texts("allow_list"))))
        for path in one.texts("deny_list"):
            self._findings.add("I203", one.at("deny_list"), path)
        for number, _ in enumerate(one.items("post_edit")):
            self._findings.add("I206", f"{one.at('post_edit')}[{number}]", "post_edit")
        distinct = tuple(dict.fromkeys(names))
        return list(
            several(
                agent,
                distinct,
                "filesystem",
                one.where,
                self._findings,
                SOURCE,
                lambda name: files_below(folders, name) if folders else None,
            )
        )

    def _folder(self, path: str, one: Fields) -> str:
        """A directory as the beginning of a path here: of the workspace, or of a root that is proposed."""
        if path in (".", "./"):
            return "."
        plain = path.removeprefix("./")
        if not path.startswith(("/", "~")) and ".." not in plain.split("/"):
            return plain.rstrip("/")
        name = server_name(path.rstrip("/").rpartition("/")[2] or "folder")
        if not path.startswith(("/", "~/")) or ".." in path.split("/") or path.strip("/~") == "":
            self._findings.add("I203", one.at("allow_list"), path)
            return ""
        name = name if len(name) > 1 else f"{name}-folder"
        self._folders.setdefault(name, FolderProposal(name=name, path=path, write=one.flag("readonly") is not True))
        self._findings.add("I209", one.at("allow_list"), path, f"{name}:/")
        return f"{name}:/"

    def _fetch(self, agent: str, one: Fields) -> list[Grant]:
        allowed = one.texts("allowed_domains")
        hosts = tuple(host.removeprefix("*.").removeprefix(".").lower() for host in allowed if _DOMAIN.fullmatch(host))
        for host in (*(host for host in allowed if not _DOMAIN.fullmatch(host)), *one.texts("blocked_domains")):
            self._findings.add("I203", one.where, host)
        one.known("headers", "url", "tools")
        args: dict[str, Matcher] | None = fetching(hosts) if hosts else None
        return [granted(agent, "http.fetch", "fetch", one.where, self._findings, SOURCE, args)]

    def _api(self, agent: str, one: Fields) -> list[Grant]:
        api = one.below("api_config")
        endpoint, method = api.text("endpoint"), api.text("method").upper() or "GET"
        said = api.text("name") or "api"
        api.known(*api.keys)
        try:
            host = urlsplit(endpoint).hostname or ""
        except ValueError:
            host = ""
        if not host:
            self._findings.add("I201", one.where, said)
            return []
        if method == "GET":
            return [granted(agent, "http.fetch", said, one.where, self._findings, SOURCE, fetching((host,)))]
        args = {"url": Matcher("domain", (host,)), "method": Matcher("equals", (method,))}
        args |= {"text": Matcher("any"), "json": Matcher("any")}
        return [granted(agent, "http.send", said, one.where, self._findings, SOURCE, args)]

    def _scripts(self, one: Fields, drafts: list[DraftFile]) -> None:
        env: Plain = one.raw("env")
        del env
        for name, value in one.pairs("shell").items():
            script = Fields(value, f"{one.at('shell')}.{name}", self._findings)
            text = without_secrets(script.text("cmd"), script.where, self._findings)
            file = f"{plain_name(name) or 'script'}.sh.draft"
            about = f"# {script.text('description')}\n".replace("\r", " ")
            drafts.append(DraftFile(file, f"{about}{text}\n"))
            self._findings.add("I205", script.where, name, f"drafts/{file}")
