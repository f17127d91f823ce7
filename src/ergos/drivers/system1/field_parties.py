"""Who a document comes from, where nothing labels it: the first line that names a company and is not whom it is sent to.

Rules: pure; a line that is none of a heading, an address, a date or a label counts as a name only with the form of a
company in it ('GmbH', 'Ltd', '有限公司'), or where it is the first of all and reads like a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

NAME_CHARS_MAX: Final = 80  # characters of a company's name; a longer line is a sentence
HEAD_LINES: Final = 12  # lines at the top in which a name without the form of a company may stand
_COLUMNS: Final = re.compile(r"\s{3,}|\t")
SHORT_CHARS: Final = 40  # characters of a line that has no columns
CV_SECTIONS_MIN: Final = 2  # sections that make a text a curriculum vitae

_TWICE: Final = re.compile(r"(?<![\u3400-\u9fff])名\s*称\s*[:：]\s*(?P<name>\S+?)(?=\s|$|[购销买售]\s?名\s*称)")
_CV: Final = re.compile(
    r"\W*(?:(?:work |professional )?experience|employment(?: history)?|education|(?:technical )?skills|languages|summary|profile|berufserfahrung"
    r"|ausbildung|kenntnisse|sprachen|lebenslauf|教育(?:背景|经历)|工作(?:经历|经验)|专业技能|技能(?:特长)?|自我评价|个人简历|curriculum vitae|résumé|resume|求职意向.*|项目经[历验])\W*",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(
    r"(?:(?:Dr|Prof|Mr|Ms|Mrs)\.? )?[^\W\d_a-z][^\W\d_]*\.?(?:[ '’-]{1,2}[^\W\d_]+\.?){1,4}|[\u3400-\u9fff·]{2,6}"
)
_FORM: Final = re.compile(
    r"(?<![^\W_])(?:GmbH(?: & Co\.? KGa?A?)?|mbH|AG|KG|[Oo]HG|GbR|UG(?: \(haftungsbeschränkt\))?|e\.? ?K\.?|e\.? ?V\.?|SE|Ltd\.?|Limited|LLC|L\.L\.C\.|LLP|PLC|plc"
    r"|Inc\.?|Incorporated|Corp\.?|Corporation|Co\.(?:,? ?Ltd\.?)?|Company|Pty\.? Ltd\.?|S\.?A\.?R\.?L\.?|SAS|S\.A\.S\.?|S\.A\.|S\.?r\.?l\.?|S\.p\.A\.|SpA|B\.V\.|BV|N\.V\.|NV"
    r"|S\.L\.(?:U\.)?|Oy|AB|ApS|A/S|AS|Sp\. z o\.o\.|s\.r\.o\.|Kft\.?|K\.K\.|Pvt\.? Ltd\.?|Group|Holding)(?![^\W_])"
    r"|(?:股份|责任)?有限公司|有限责任公司|集团|股份公司|事务所|工作室|商行|商店|合作社|研究院|公司(?![地电名])"
)
_RECIPIENT: Final = re.compile(
    r"^\W*(?:bill(?:ed)? to|sold to|ship(?:ped)? to|invoice to|deliver to|to|customer|client|buyer|kunde|rechnung an|an|rechnungsempfänger"
    r"|facturé à|cliente?|客户|购买方|买方|收货方|付款方|致)(?![a-z])\s*[:：]?",
    re.IGNORECASE,
)
_HEADING: Final = re.compile(
    r"^\W*(?:tax |proforma |pro forma |commercial )?(?:invoice|bill|receipt|statement|rechnung|quittung|gutschrift|facture|factura|fattura|factuur"
    r"|credit note|order|purchase order|增值税\S*发票|电子发票|发票|收据|账单|订单|page \d+.*|original|copy)\W*(?:\(.*\))?$",
    re.IGNORECASE,
)
_NO_NAME: Final = re.compile(r"[:：@]|\d{3,}|https?|www\.|^\W*$|[.!?。！？]$", re.IGNORECASE)


def sender(lines: Sequence[str]) -> str | None:
    """The name of who sent it; None where no line looks like one."""
    if sum(_CV.fullmatch(line) is not None for line in lines) >= CV_SECTIONS_MIN:
        return None  # nobody sells anything in a curriculum vitae
    addressed = 0
    for line in lines:
        stripped = _first_column(line)
        label = _RECIPIENT.match(stripped)
        if label is not None:  # the label's own line, and the one below it where the label stands alone
            addressed = 1 if stripped[label.end() :].strip() else 2
        elif stripped and addressed:
            addressed -= 1
        if not stripped or addressed or len(stripped) > NAME_CHARS_MAX:
            continue
        found = _FORM.search(stripped)
        if found is not None and not _HEADING.match(stripped):
            return " ".join(_name(stripped, found.end()).split())
    for line in lines[:HEAD_LINES]:
        stripped = _first_column(line)
        if _HEADING.match(stripped) or not stripped:
            continue
        if _RECIPIENT.match(stripped) or _NO_NAME.search(stripped) or len(stripped) > NAME_CHARS_MAX:
            return None
        return " ".join(stripped.split()) if _reads_like_a_name(stripped) else None
    return None


def _first_column(line: str) -> str:
    """What stands left in a line; a short line, whose blanks are those of a scanner, is whole."""
    whole = line.strip()
    first = _COLUMNS.split(whole)[0]
    return first if len(whole) > SHORT_CHARS or _FORM.search(first) is not None else whole


def is_company(text: str) -> bool:
    """Whether a name has the form of a company in it."""
    return not text[:1].islower() and _FORM.search(text) is not None


def named_twice(lines: Sequence[str]) -> tuple[str, str] | None:
    """Buyer and seller of a Chinese tax invoice, whose form names the buyer first and calls both '名称'."""
    if not any("发票" in line for line in lines):
        return None
    found = [match["name"].strip() for line in lines for match in _TWICE.finditer(line)]
    return (found[0], found[1]) if len(found) == 2 and found[0] != found[1] else None


def applicant(lines: Sequence[str]) -> str | None:
    """Whose curriculum vitae it is: the name in its first line."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if sum(_CV.fullmatch(line) is not None for line in lines) < CV_SECTIONS_MIN or _CV.fullmatch(first):
        return None
    return " ".join(first.split()) if _PERSON.fullmatch(first) else None


def _reads_like_a_name(line: str) -> bool:
    """Whether a line's words are mostly written as names are, where their script has capitals."""
    words = [word for word in re.findall(r"[^\W\d_]+", line) if word.lower() != word.upper()]
    capital = sum(word[0].isupper() for word in words)
    return words == [] or (capital * 2 > len(words) and words[0].lower() not in {"a", "an", "dear", "to"})


def _name(line: str, end: int) -> str:
    """The name in a line that goes on behind it: 'Acme GmbH, Weg 1, 10115 Berlin'."""
    rest = line[end:]
    cut = re.match(r"[\s.]*(?:[,，;；|·•–—-]|\s{2,}|$)", rest)
    name = line[:end] + (rest[:1] if rest[:1] == "." and line[end - 1] != "." else "") if cut else line
    return re.sub(r"^\W*(?:from|von|de|seller|supplier)\s*[:：]\s*", "", name, flags=re.IGNORECASE).strip()
