"""What is in memory of a process."""

from __future__ import annotations

from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.choice import Choice
from ergos.kernel.models import ModelPrice, Outline
from ergos.kernel.rows import Mail
from ergos.kernel.usage import FREE_MODEL
from ergos.kernel.values import NULL
from ergos.runtime.residents import ModelWork, ends_of

from .providers import an_endpoint


def test_the_ends_of_a_mailbox_are_its_first_and_last_message():
    mail = [Mail(id=number, to=Pid(1), sender=Pid(0), body=NULL) for number in (3, 5, 9)]
    assert ends_of(mail) == (3, 9)
    assert ends_of(mail[:1]) == (3, 3)
    assert ends_of([]) == (0, 0)


def test_a_model_call_is_held_for_the_dearest_place_it_may_run_at():
    dear = an_endpoint("a/x", price=ModelPrice(input=5_000_000, output=5_000_000), output_tokens_max=10)
    long = an_endpoint("b/y", price=FREE_MODEL, output_tokens_max=1_000)
    outline = Outline(dialect="openai.chat", model="auto", input_tokens=100)
    work = ModelWork(args={}, outline=outline, choice=Choice(endpoints=(dear,), degraded=(long,)))
    assert work.worst == Amount(550, 1_100)
