"""mail.send: one letter over SMTP, to all its recipients or to none.

Rules: TLS always, except to this machine itself; a refused recipient refuses the letter before it is handed over. What
breaks before the letter's last byte was answered has not been sent, or nobody knows: then it is looked for in the
folder of sent mail where its owner named one (and the tool is reconcilable), else the call is in doubt.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import smtplib
import ssl
from collections.abc import Generator
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, PortMissingError, SettingsError, ToolFailedError
from ergos.drivers.tools.declaring import Builtin, unsettled
from ergos.drivers.tools.inside import files_in
from ergos.drivers.tools.letter import LETTER_BYTES_MAX, SendMail, checked, letter, message_id
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.egress import Secrets
from ergos.kernel.packages import Absent, Errand
from ergos.kernel.tool_settings import Mail

CONNECT_S: Final = 20.0  # seconds for each step of a conversation with a mail server
MAIL_DEADLINE_S: Final = 120.0
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Lost(Exception):  # noqa: N818 - it says what became of the letter
    """The letter was on its way, and what became of it is not known."""


class MailTool:
    """The one tool."""

    def __init__(self, workspaces: Workspaces, mail: Mail | None, secrets: Secrets | None) -> None:
        self._workspaces: Final = workspaces
        self._mail: Final = mail
        self._secrets: Final = secrets

    def tools(self) -> tuple[Builtin[SendMail]]:
        """mail.send."""
        found = self._mail is not None and bool(self._mail.sent_host)
        roles = dict.fromkeys(("to", "cc", "bcc"), "recipient") | dict.fromkeys(("subject", "text"), "text")
        return (
            Builtin(
                "mail.send", SendMail, self._send, effect="reconcilable" if found else "irreversible", reach="others",
                roles={**roles, "reply_to_id": "plain", "attachments": "target"},  # type: ignore[arg-type]
                deadline_s=MAIL_DEADLINE_S, probe=self._sent if found else None, check=checked,
            ),
        )  # fmt: skip

    async def _send(self, asked: SendMail, errand: Errand) -> dict[str, Plain]:
        """Send a mail from the owner's account. It cannot be taken back."""
        mail = self._settings()
        files = await asyncio.to_thread(files_in, self._workspaces, errand, tuple(asked.attachments), LETTER_BYTES_MAX)
        body = letter(mail.sender, asked, files, errand)
        password = self._password(mail)
        recipients = list(dict.fromkeys((*asked.to, *asked.cc, *asked.bcc)))
        try:
            await asyncio.to_thread(deliver, mail, password, recipients, body)
        except Lost as lost:
            doubt = f"{lost}; whether the letter was sent is not known"
            try:
                found = await self._sent(asked, errand) if mail.sent_host else Absent()
            except ErgosError as error:  # what cannot be looked at says nothing of the letter
                unsettled(f"{doubt}: {error.what}")
            if isinstance(found, Absent):
                unsettled(doubt)
            return found
        return {"message_id": message_id(mail.sender, errand), "recipients": len(recipients)}

    async def _sent(self, asked: SendMail, errand: Errand) -> dict[str, Plain] | Absent:
        """Look for the letter in the folder of sent mail."""
        mail = self._settings()
        identity = message_id(mail.sender, errand)
        if not await asyncio.to_thread(is_sent, mail, self._password(mail), identity):
            return Absent()
        return {"message_id": identity, "recipients": len({*asked.to, *asked.cc, *asked.bcc})}

    def _settings(self) -> Mail:
        if self._mail is None:
            raise PortMissingError(
                "no mail account is set",
                remedy="name one in settings.toml under [tools.mail]: host, sender, user, secret",
            )
        return self._mail

    def _password(self, mail: Mail) -> str:
        """Raises: SecretError."""
        if not mail.secret:
            return ""
        if self._secrets is None:
            raise PortMissingError("there are no secrets here", remedy="`ergos secret set NAME` stores one")
        return self._secrets.get(mail.secret)


def deliver(mail: Mail, password: str, recipients: list[str], body: bytes) -> None:
    """Hand a letter to the server. Blocks. Raises: ToolFailedError when it was not taken; Lost when nobody knows."""
    with _failing(f"the mail server {mail.host}"):
        server = _connected(mail)
    try:
        with _failing(f"the mail server {mail.host}"):
            if mail.user:
                server.login(mail.user, password)
            _said(server.mail(mail.sender), mail.sender)
            for one in recipients:
                _said(server.rcpt(one), one)
        _hand_over(server, mail, body)
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()


def is_sent(mail: Mail, password: str, identity: str) -> bool:
    """Whether the folder of sent mail holds a letter. Blocks. Raises: ToolFailedError when that cannot be seen."""
    try:
        if mail.security == "none":
            _only_here(mail.sent_host)
            server: imaplib.IMAP4 = imaplib.IMAP4(mail.sent_host, mail.sent_port, timeout=CONNECT_S)
        else:
            server = imaplib.IMAP4_SSL(mail.sent_host, mail.sent_port, ssl_context=_context(mail), timeout=CONNECT_S)
        try:
            server.login(mail.user, password)
            quoted = mail.sent_folder.replace("\\", "\\\\").replace('"', '\\"')
            answer, _ = server.select(f'"{quoted}"', readonly=True)
            if answer != "OK":
                raise ToolFailedError(f"there is no folder {mail.sent_folder!r} on {mail.sent_host}")
            answer, found = server.search(None, "HEADER", "Message-ID", f'"{identity}"')
            if answer != "OK":
                raise ToolFailedError(f"{mail.sent_host} cannot search its mail")
            return bool(found and found[0])
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                server.logout()
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise ToolFailedError(f"whether the mail was sent cannot be seen on {mail.sent_host}: {error}") from error


def _connected(mail: Mail) -> smtplib.SMTP:
    own = mail.sender.rpartition("@")[2]
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, own, timeout=CONNECT_S, context=_context(mail))
    if mail.security != "starttls":
        _only_here(mail.host)
        return smtplib.SMTP(mail.host, mail.port, own, timeout=CONNECT_S)
    with contextlib.ExitStack() as unless_secured:
        server = smtplib.SMTP(mail.host, mail.port, own, timeout=CONNECT_S)
        unless_secured.callback(server.close)
        server.starttls(context=_context(mail))
        unless_secured.pop_all()
    return server


def _only_here(host: str) -> None:
    if host not in LOOPBACK:
        raise SettingsError(f"mail to {host} without TLS", remedy="set security = 'tls' or 'starttls' in [tools.mail]")


def _context(mail: Mail) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=mail.ca_file or None)


def _said(answer: tuple[int, bytes], about: str) -> None:
    code, words = answer
    if code not in (250, 251):
        raise ToolFailedError(
            f"the mail server refused {about}: {code} {words.decode('utf-8', 'replace')[:200]}; nothing was sent",
            remedy="correct the address",
        )


def _hand_over(server: smtplib.SMTP, mail: Mail, body: bytes) -> None:
    """The letter itself: from here on a broken line leaves a doubt."""
    try:
        code, words = server.data(body)
    except smtplib.SMTPDataError as error:
        raise ToolFailedError(f"{mail.host} took no letter: {error.smtp_code} {error.smtp_error!r}"[:400]) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Lost(f"the line to {mail.host} broke while the letter was handed over: {error}") from error
    if code != 250:
        raise ToolFailedError(f"{mail.host} did not take the letter: {code} {words.decode('utf-8', 'replace')[:200]}")


@contextlib.contextmanager
def _failing(what: str) -> Generator[None]:
    """What breaks in here was before anything was sent."""
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        raise ToolFailedError(f"{what}: {error}; nothing was sent"[:500]) from error
