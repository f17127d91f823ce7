"""What texts of a kind say, for the labels that people most often sort by. Pure data, in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", "|").split("|") if part.strip())


CUES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "urgent": _words("""urgent|asap|immediately|right away|emergency|critical|deadline
            紧急|尽快|立即|马上|火急|dringend|sofort"""),
        "spam": _words("""unsubscribe|winner|lottery|free money|click here|viagra|prize
            中奖|退订|点击领取|优惠券|免费领"""),
        "invoice": _words("invoice|amount due|payment due|bill|vat|发票|账单|应付|rechnung|facture"),
        "complaint": _words("""complaint|disappointed|unacceptable|refund|terrible|angry|broken
            投诉|不满|退款|差评|失望|beschwerde"""),
        "question": _words("?|？|how do|how can|could you|请问|怎么|如何|是否"),
        "order": _words("order|purchase|quantity|please send us|please deliver|订单|订购|下单|bestellung"),
        "offer": _words("offer|quote|quotation|proposal|报价|offerte|angebot"),
        "positive": _words("""good|great|excellent|love|happy|thanks|perfect|amazing|wonderful
            好|喜欢|满意|感谢|优秀|棒"""),
        "negative": _words("""bad|poor|terrible|hate|unhappy|worst|broken|awful|disappointed
            差|糟|讨厌|不满|失望|坏"""),
        "job": _words("application|applicant|resume|cv|position|vacancy|求职|简历|应聘|bewerbung"),
        "meeting": _words(
            "meeting|let's meet|meet on|appointment|schedule|calendar|call at|会议|开会|约见|日程|termin"
        ),
    }
)

_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "urgent": _words("紧急|high|important|重要"),
        "spam": _words("垃圾|垃圾邮件|advertisement|广告"),
        "invoice": _words("发票|账单|bill"),
        "complaint": _words("投诉"),
        "question": _words("咨询|问题|提问|inquiry"),
        "order": _words("订单"),
        "offer": _words("报价|quote"),
        "positive": _words("正面|积极|好评"),
        "negative": _words("负面|消极|差评"),
        "job": _words("求职|application"),
        "meeting": _words("会议|appointment"),
    }
)
_BY_NAME: Final[Mapping[str, str]] = MappingProxyType(
    {name: key for key, names in _NAMES.items() for name in (key, *names)}
)


def cues_of(label: str) -> tuple[str, ...]:
    """What texts with this label say; none for a label of no known kind."""
    plain = label.casefold().strip()
    key = _BY_NAME.get(plain) or _BY_NAME.get(plain.removesuffix("s"))
    return CUES[key] if key is not None else ()
