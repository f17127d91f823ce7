import pytest

from tests.compile.owner import codes, said, verbs


@pytest.mark.parametrize(
    ("prose", "verb", "target"),
    [
        ("send a.md to bob@x.org", "send", "bob@x.org"),
        ("send a.md to me", "notify", ""),
        ("email me a.md", "notify", ""),
        ("把 a.md 发给我", "notify", ""),
        ("send a.md to #ops", "post", "#ops"),
        ("post a.md to https://h.example/1", "post", "https://h.example/1"),
        ("把 a.md 发到 #产品 频道", "post", "#产品"),
        ("publish a.md on our website", "publish", ""),
        ("把 a.md 发给 bob@x.org", "send", "bob@x.org"),
    ],
)
def test_who_it_is_for_decides_what_it_is(prose: str, verb: str, target: str) -> None:
    action = said(prose).actions[-1].value
    assert (action.verb, action.target) == (verb, target)


@pytest.mark.parametrize("prose", ["send a.md to Susan", "把 a.md 发给财务", "post a.md to Slack"])
def test_a_recipient_without_an_address_is_asked_for(prose: str) -> None:
    assert "C203" in codes(prose)


def test_several_recipients_are_one_action() -> None:
    assert said("send a.md to a@x.org and b@x.org").actions[0].value.target == "a@x.org, b@x.org"


def test_a_summary_that_is_sent_is_made_first() -> None:
    assert verbs("send me a summary of a.md") == ["summarise", "notify"]
