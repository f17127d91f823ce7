"""Commands as templates: what a person does again and again, whatever the day's date or the file's number.

    pg_dump shop > shop-2026-11-20.sql   ->   pg_dump shop > shop-{date}.sql

Rules: pure; a secret in a command never stands in a template or an example; what could destroy or gain power is
recognised and never proposed to run by itself.
"""

from __future__ import annotations

import datetime
import re
import shlex
from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.app.importing.leaks import MARK, without_secrets
from ergos.app.importing.remarks import Findings

TEMPLATE_CHARS_MAX: Final = 300  # characters of a template; a longer one is a script
_DATE: Final = (
    r"(?<![0-9])(?:20[0-9]{2})[-_./]?(?:0[1-9]|1[0-2])[-_./]?(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[T_-]?[0-2][0-9][:h-]?[0-5][0-9](?:[:m-]?[0-5][0-9])?)?(?![0-9])"
)
_ID: Final = (
    r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,64})\b"
)
_FORMS: Final = ("%Y-%m-%d", "%Y%m%d", "%Y_%m_%d", "%Y.%m.%d")
"""How a day is written in commands, as date(1) takes it."""
_PLACEHOLDERS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("{date}", re.compile(_DATE)),
    ("{id}", re.compile(_ID)),
    ("{number}", re.compile(r"(?<![\w.{-])[0-9]{2,}(?![\w}])|(?<=[-_#=/])[0-9]{2,}(?=[-_.\s/]|$)")),
)  # fmt: skip
_QUOTED: Final = re.compile(r"""(?<=\s)(-m|--message|-am)(\s+|=)("[^"]*"|'[^']*'|\S+)""")
_DANGEROUS: Final = re.compile(
    r"""(?ix)
    (?:^|[\s;&|(`])(?:sudo|doas|su|pkexec|dd|mkfs\S*|fdisk|parted|shred|wipefs|shutdown|reboot
        |poweroff|halt|init|killall|pkill|userdel|passwd|visudo|iptables|nft|crontab|eval|chown)\b
    | \brm\b[^;&|]*\s-\w*[rf]
    | \brm\b[^;&|]*\s--(?:recursive|force|no-preserve-root)
    | \brm\b[^;&|]*[*~]
    | \bfind\b[^;&|]*\s-(?:delete|exec)
    | \b(?:curl|wget|fetch)\b[^;&]*\|\s*(?:\w+\s+)*(?:ba|z|da|k|fi)?sh\b
    | \b(?:ba|z|da)?sh\s+<\(|\bsource\s+<\(
    | \bchmod\b[^;&|]*(?:-R|777|[ugoa]*\+s)
    | \bgit\b[^;&|]*\s(?:push\b[^;&|]*(?:--force|-f\b|\s\+)|reset\s+--hard|clean\s+-\w*f|filter-branch|branch\s+-D)
    | \b(?:drop|truncate)\s+(?:table|database|schema)\b | \bdelete\s+from\b
    | \b(?:terraform|tofu|pulumi)\s+(?:apply|destroy|up)\b | \bkubectl\s+(?:delete|drain|apply|scale)\b
    | \bdocker\s+(?:system|volume|image|container)\s+(?:prune|rm)\b | \bdocker\s+rm\b
    | \bhelm\s+(?:uninstall|upgrade|install)\b
    | \b(?:aws|gcloud|az)\b[^;&|]*\b(?:delete|terminate|destroy|rm|rb)\b
    | \b(?:npm|cargo|twine|gem)\s+(?:publish|upload|push)\b
    | >\s*/dev/(?!null) | \bkill\b[^;&|]*-(?:9|KILL) | :\(\)\s*\{
    | \bssh\b[^;&|]*\s["']?(?:sudo|rm|reboot)\b | \b(?:systemctl|service)\s+(?:stop|disable|restart|mask)\b
    | \b(?:rsync|aws\s+s3\s+sync)\b[^;&|]*--delete\b | \bmv\b[^;&|]*\s/(?:\s|$)
    """
)  # fmt: skip
TRIVIAL: Final = frozenset(
    "ls cd pwd clear exit logout history man which type echo cat less more head tail top htop ps df du whoami date vim "
    "vi nano emacs code bg fg jobs help tree file wc env printenv alias unalias source . export set unset true false z "
    "j tmux screen ssh fish bash zsh sh python python3 ipython node irb psql mysql sqlite3 q :q".split()
)
"""Programs a person looks around with: nothing that somebody else could do for them."""
_STARTING: Final = frozenset({"python", "python3", "node", "bash", "sh", "psql", "ssh", "sqlite3", "mysql"})
"""Those of them that do work once they are told which."""
_LONELY: Final = frozenset({"git", "docker", "kubectl", "npm", "make", "cargo", "go"})
_LOOKS: Final = frozenset(
    "status log diff show branch checkout switch add commit stash ps images logs get describe".split()
)


class Template(msgspec.Struct, frozen=True):
    """A command without what changes from time to time."""

    text: str
    dangerous: bool = False


def template_of(command: str) -> Template | None:
    """The template; None for what nobody else would do for a person, or what is too long to be shown."""
    line = " ".join(command.split())
    if not line or len(line) > TEMPLATE_CHARS_MAX * 2 or "\n" in command.strip():
        return None
    masked = without_secrets(line, "", Findings())
    dangerous = _DANGEROUS.search(masked) is not None
    text = _QUOTED.sub(lambda found: f"{found[1]}{found[2]}{{text}}", masked)
    for placeholder, shape in _PLACEHOLDERS:
        text = shape.sub(placeholder, text)
    if len(text) > TEMPLATE_CHARS_MAX or _is_trivial(text):
        return None
    return Template(text, dangerous)


def runnable(template: str, seen: Sequence[tuple[str, datetime.date]]) -> str | None:
    """The command that does the same on any day: the day's date in place of a date that always was that of the day.

    None where something else changes from time to time, which nobody but its owner knows, and where a secret stands in
    it. `seen`: commands with the
    local day of each.
    """
    if MARK in template or template.replace("{date}", "") != _bare(template):
        return None
    if "{date}" not in template:
        return template
    command, day = seen[-1]
    line = " ".join(command.split())
    form = next((one for one in _FORMS if all(_said_on(text, when, one) for text, when in seen)), None)
    if form is None or template_of(line) != template_of(line.replace(day.strftime(form), "2001-01-01")):
        return None
    return line.replace(day.strftime(form), f"$(date +{form})")


def _said_on(text: str, day: datetime.date, form: str) -> bool:
    """Whether a command names its day, and no other date."""
    said = day.strftime(form)
    return said in text and re.search(_DATE, text.replace(said, "")) is None


def _bare(template: str) -> str:
    return re.sub(r"\{(?:date|id|number|text)\}", "", template)


def masked_example(command: str) -> str:
    """The command as it may be shown: one line, without secrets."""
    return without_secrets(" ".join(command.split()), "", Findings())[:TEMPLATE_CHARS_MAX]


def _is_trivial(text: str) -> bool:
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.split()
    words = [word for word in words if "=" not in word or word.startswith("-")] or words
    if not words:
        return True
    if any(sign in text for sign in ("|", ">", "&&")):
        return False
    first = words[0].rpartition("/")[2]
    if first in TRIVIAL:
        return len(words) == 1 or first not in _STARTING
    return first in _LONELY and (len(words) == 1 or words[1] in _LOOKS)
