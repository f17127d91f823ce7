"""What the tools of the four suites are to the policy: effect, reach, roles, and what follows from a record's name.

One set of principles for all of them:

- A tool whose result holds text that others can write is not trusted. Only the clock is, and what a bank says of its
  own account.
- `own` is what nobody else gets to see; a file in a drive may be shared, so what is added to one goes to others. A
  calendar entry is the owner's own until somebody is invited.
- `recipient` is who gets something: a mailbox, an account, a user, a channel, a page that is written to.
- `target` is what is acted on, how much, when it takes place, and a switch that changes what happens. An address
  that is fetched is one, since it carries text away.
- `text` is what people read, and the day on which a bank may book.
- A record follows from its name where the tool's own system sets the field: ids by title or file name, an address by
  the name in the address book, who is invited by the event's title, an amount by the account it came from or went to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ergos.kernel.calls import EffectClass
from ergos.kernel.permission.naming import Named
from ergos.kernel.permission.policy import ArgumentRole, Reach


@dataclass(frozen=True)
class Declared:
    """A tool as the policy knows it."""

    effect: EffectClass
    reach: Reach
    roles: dict[str, ArgumentRole]
    trusted: bool = False
    named: tuple[Named, ...] = ()


def _reads(*, trusted: bool = False, named: tuple[Named, ...] = (), **roles: ArgumentRole) -> Declared:
    return Declared("pure", "read", roles, trusted, named)


def _acts(reach: Reach, *, named: tuple[Named, ...] = (), **roles: ArgumentRole) -> Declared:
    return Declared("irreversible", reach, roles, named=named)


_EVENTS: Final = (
    Named("id_", by=("title",), fits=("event_id",)),
    Named("participants", by=("title",), fits=("participants",)),
)
_FILES: Final = (Named("id_", by=("filename",), fits=("file_id", "attachments")),)
_MAILS: Final = (Named("id_", by=("subject",), fits=("email_id",)),)
_CONTACTS: Final = (Named("email", by=("name",), fits=("recipients", "cc", "bcc", "participants", "email")),)
_ORDERS: Final = (
    Named("id", by=("subject", "recipient"), fits=("id",)),
    Named("recipient", by=("subject",), fits=("recipient",)),
    Named("amount", by=("subject", "recipient"), fits=("amount",)),
)
_BOOKINGS: Final = (Named("amount", by=("sender", "recipient"), fits=("amount",)),)

_MAIL: Final = {
    "send_email": _acts(
        "others",
        recipients="recipient",
        cc="recipient",
        bcc="recipient",
        subject="text",
        body="text",
        attachments="target",
    ),
    "delete_email": _acts("own", email_id="target"),
    "get_unread_emails": _reads(named=_MAILS),
    "get_sent_emails": _reads(named=_MAILS),
    "get_received_emails": _reads(named=_MAILS),
    "get_draft_emails": _reads(named=_MAILS),
    "search_emails": _reads(named=_MAILS),
    "search_contacts_by_name": _reads(named=_CONTACTS),
    "search_contacts_by_email": _reads(named=_CONTACTS),
}
_CALENDAR: Final = {
    "get_current_day": _reads(trusted=True),
    "search_calendar_events": _reads(named=_EVENTS),
    "get_day_calendar_events": _reads(named=_EVENTS),
    "create_calendar_event": _acts(
        "own", title="text", description="text", location="text", start_time="target", end_time="target",
        participants="recipient",
    ),
    "cancel_calendar_event": _acts("others", event_id="target"),
    "reschedule_calendar_event": _acts("others", event_id="target", new_start_time="target", new_end_time="target"),
    "add_calendar_event_participants": _acts("others", event_id="target", participants="recipient"),
}  # fmt: skip
_DRIVE: Final = {
    "search_files_by_filename": _reads(named=_FILES),
    "search_files": _reads(named=_FILES),
    "get_file_by_id": _reads(named=_FILES),
    "list_files": _reads(named=_FILES),
    "create_file": _acts("own", filename="target", content="text", named=_FILES),
    "delete_file": _acts("own", file_id="target"),
    "append_to_file": _acts("others", file_id="target", content="text"),
    "share_file": _acts("others", file_id="target", email="recipient", permission="target"),
}
_BANK: Final = {
    "get_iban": _reads(trusted=True),
    "get_balance": _reads(trusted=True),
    "get_user_info": _reads(),
    "get_most_recent_transactions": _reads(named=_BOOKINGS),
    "get_scheduled_transactions": _reads(named=_ORDERS),
    "read_file": _reads(),
    "send_money": _acts("money", recipient="recipient", amount="target", subject="text", date="text"),
    "schedule_transaction": _acts(
        "money", recipient="recipient", amount="target", subject="text", date="text", recurring="target"
    ),
    "update_scheduled_transaction": _acts(
        "money", id="target", recipient="recipient", amount="target", subject="text", date="text", recurring="target"
    ),
    "update_password": _acts("own", password="target"),
    "update_user_info": _acts("own", first_name="target", last_name="target", street="target", city="target"),
}
_CHAT: Final = {
    "get_channels": _reads(),
    "get_users_in_channel": _reads(),
    "read_channel_messages": _reads(),
    "read_inbox": _reads(),
    "send_direct_message": _acts("others", recipient="recipient", body="text"),
    "send_channel_message": _acts("others", channel="recipient", body="text"),
    "add_user_to_channel": _acts("others", user="recipient", channel="target"),
    "invite_user_to_slack": _acts("others", user="recipient", user_email="recipient"),
    "remove_user_from_slack": _acts("others", user="target"),
    "get_webpage": _reads(url="target"),
    "post_webpage": _acts("others", url="recipient", content="text"),
}
_BOOKING: Final = {
    "reserve_hotel": _acts("money", hotel="recipient", start_day="target", end_day="target"),
    "reserve_restaurant": _acts("others", restaurant="recipient", start_time="target"),
    "reserve_car_rental": _acts("money", company="recipient", start_time="target", end_time="target"),
}

_DECLARED: Final = _MAIL | _CALENDAR | _DRIVE | _BANK | _CHAT | _BOOKING


def declared(tool: str) -> Declared:
    """A tool of any suite; one that only looks something up needs no line of its own."""
    if tool not in _DECLARED and not tool.startswith(("get_", "check_")):
        raise KeyError(f"{tool} is not declared")
    return _DECLARED.get(tool) or _reads()


def consequential(tool: str) -> bool:
    """Whether a call of it can do anything: it changes something, or carries an address away."""
    one = declared(tool)
    return one.reach != "read" or "target" in one.roles.values()
