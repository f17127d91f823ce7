import msgspec
import pytest

from ergos.kernel.triggers import AnyTrigger, Condition, Mailbox, Outcome, Topic, Webhook
from tests.compile.owner import said


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("on a webhook signed with hook, notify me", Webhook(name="webhook", secret="hook")),
        (
            "when a message arrives on topic shop/orders of broker house, notify me",
            Topic(name="topic", topic="shop/orders", broker="house"),
        ),
        (
            "when I get an email from bob@example.com about invoices, notify me",
            Mailbox(name="mailbox", account="post", sender="bob@example.com", subject="invoices"),
        ),
        (
            "收到 bob@example.com 关于合同的邮件时通知我",
            Mailbox(name="mailbox", account="post", sender="bob@example.com", subject="合同"),
        ),
        ("when newsroom has finished, notify me", Outcome(name="outcome", agent="newsroom")),
        ("当 nightly-backup 失败时通知我", Outcome(name="outcome", agent="nightly-backup", states=("failed",))),
        (
            "when today's spending exceeds 80 % of the budget, notify me",
            Condition(name="condition", figure="spend.today", compare=">", value=0.8, share=True),
        ),
        ("待办 inbox 超过20条就提醒我", Condition(name="condition", figure="inbox.open", compare=">", value=20)),
    ],
)
def test_what_happens_outside_wakes_it(prose: str, expected: AnyTrigger) -> None:
    read = said(prose)
    assert [msgspec.structs.replace(one.value, words="") for one in read.triggers] == [expected]
    assert [one.value.verb for one in read.actions] == ["notify"]
