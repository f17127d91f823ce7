"""What fields of business documents are called, in English, Chinese, German and the most usual words of their neighbours.

    kind_of("invoice total")    # "total"
    kind_of("供应商")            # "supplier"

Rules: pure data; one name means one kind; of overlapping names the longer one is meant ("total excl. VAT" is the net
amount). A name that stands nowhere here is looked for as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

ValueKind = Literal[
    "text", "party", "id", "date", "money", "number", "percent", "currency", "iban", "bic", "email", "phone", "url", "vat_id",
    "address",
]  # fmt: skip


class FieldKind(msgspec.Struct, frozen=True):
    """One kind of field."""

    name: str
    value: ValueKind
    labels: tuple[str, ...]
    """What documents call it, in lower case."""
    last: bool = False
    """Of several, the last one is meant: a total stands below its parts."""
    otherwise: tuple[str, ...] = ()
    """Kinds that are meant where a document has none of this one: a receipt's number where it has no invoice number."""


def _kind(name: str, value: ValueKind, labels: str, *, last: bool = False, otherwise: str = "") -> FieldKind:
    found = tuple(part.strip() for part in labels.replace("\n", "|").split("|") if part.strip())
    return FieldKind(name, value, found, last, tuple(otherwise.split()))


KINDS: Final[tuple[FieldKind, ...]] = (
    _kind("supplier", "party", """supplier|supplier name|vendor|vendor name|seller|seller name|issued by|issuer|biller|sold by
        merchant|payee|company|company name|from|bill from|invoice from|provider|service provider|creditor|contractor
        供应商|供应商名称|销售方|销售方名称|销售方信息|销方名称|销货单位|卖方|开票方|开票单位|商家|商户|收款方|收款单位|收款人|供货方|供货单位|公司名称|乙方
        lieferant|händler|verkäufer|rechnungssteller|anbieter|firma|dienstleister|aussteller
        fournisseur|vendeur|émetteur|prestataire|proveedor|vendedor|emisor|fornitore|venditore|leverancier"""),
    _kind("customer", "party", """customer|to|customer name|client|client name|buyer|bill to|billed to|invoice to|sold to|ship to
        deliver to|purchaser|recipient|billing address|account name
        客户|客户名称|购买方|购买方名称|购买方信息|购方名称|购货单位|买方|付款方|付款单位|收货方|收货人|甲方|抬头
        kunde|kundin|rechnungsempfänger|rechnung an|rechnungsadresse|käufer|empfänger|auftraggeber
        cliente|acheteur|destinataire|facturé à|klant"""),
    _kind("number", "id", """invoice number|invoice no|invoice num|invoice nr|invoice id|invoice #|inv no|inv #|inv|invoice|bill number
        bill no|bill #|document number|document no|credit note no|number|no|nr|invoice reference|statement no|voucher no|tax invoice no
        发票号码|发票号|发票编号|票据号码|单据编号|单号|编号|号码|账单号|账单编号|凭证号
        rechnungsnummer|rechnungsnr|rechnungs nr|rechnung nr|rechnung|belegnummer|beleg nr|gutschrift nr|re nr|nummer
        numéro de facture|facture n°|facture no|n° de facture|facture|número de factura|factura nº|factura no|nº factura
        numero fattura|fattura n|factuurnummer""", otherwise="receipt_number"),
    _kind("receipt_number", "id", "receipt number|receipt no|receipt #|receipt id|收据号|收据编号|小票号|流水号|quittungsnummer|quittung nr|bon nr",
        otherwise="number"),
    _kind("reference", "id", "reference number|reference no|reference|ref no|ref|referenz|aktenzeichen|référence|referencia|参考号", otherwise="number"),
    _kind("invoice_code", "id", "invoice code|发票代码"),
    _kind("contract_number", "id", """contract number|contract no|contract id|contract ref|agreement number|agreement no|合同号|合同编号|协议编号
        vertragsnummer|vertrags nr|numéro de contrat|número de contrato"""),
    _kind("order_number", "id", """order number|order no|order #|order id|order|purchase order|purchase order no|purchase order number|po number
        po no|po #|po|your order|sales order|订单号|订单编号|订单号码|采购单号|采购订单号|采购订单编号
        bestellnummer|bestell nr|bestellung|auftragsnummer|auftrags nr|auftrag|numéro de commande|commande n°|número de pedido|pedido"""),
    _kind("customer_number", "id", """customer number|customer no|customer id|client id|client no|account number|account no|account id
        客户编号|客户号|会员号|kundennummer|kunden nr|kd nr|numéro client|número de cliente"""),
    _kind("date", "date", """invoice date|date of invoice|bill date|billing date|date of issue|issue date|issued on|issued|date issued|dated|date
        receipt date|document date|tax date|开票日期|发票日期|开具日期|出具日期|账单日期|填开日期|日期|签发日期
        rechnungsdatum|datum|ausstellungsdatum|belegdatum|date de facture|date d'émission|date de facturation
        fecha de factura|fecha de emisión|fecha|data fattura|data|factuurdatum""", otherwise="order_date paid_date signing_date"),
    _kind("order_date", "date", "order date|date of order|ordered on|下单日期|下单时间|订购日期|订单日期|采购日期|bestelldatum|auftragsdatum|date de commande"),
    _kind("paid_date", "date", "date paid|paid on|payment date|date of payment|支付时间|支付日期|付款日期|付款时间|zahlungsdatum|bezahlt am"),
    _kind("signing_date", "date", """signing date|date signed|signed on|contract date|agreement date|签订日期|签约日期|签署日期|签订时间|合同日期
        vertragsdatum"""),
    _kind("due_date", "date", """due date|date due|payment due|payment due date|due by|due on|due|pay by|payable by|payment deadline
        pay before|到期日|到期日期|付款到期日|付款期限|付款截止日期|付款截止日|截止日期|缴费截止日期|最晚付款日|还款日|到期还款日|应付日期|最后付款日
        fälligkeitsdatum|fälligkeit|fällig am|fällig bis|fällig|zahlbar bis|zahlbar bis zum|zahlungsziel|zu zahlen bis
        date d'échéance|échéance|à payer avant|fecha de vencimiento|vencimiento|scadenza|vervaldatum"""),
    _kind("delivery_date", "date", """delivery date|date of delivery|service date|date of service|shipping date|ship date|shipped on
        交货日期|发货日期|送货日期|服务日期|lieferdatum|leistungsdatum|liefertermin|date de livraison|fecha de entrega"""),
    _kind("total", "money", """total|grand total|total due|total amount|total amount due|total payable|amount payable
        invoice total|invoice amount|amount|amount to pay|to pay|total to pay|total charges|gross total|gross amount|gross
        total gross|total incl vat|total including vat|total inc vat|total incl tax|total including tax|total with tax
        total (incl vat)|total (incl. vat)|total invoice|sum total|please pay|total price|order total|total charge|total cost
        总计|总额|总金额|合计|合计金额|价税合计|价税合计小写|价税合计(小写)|应付金额|应付总额|应付款|应付合计|共计|实付金额|实付款|实付|付款金额|应缴金额|应缴费用|合同金额|合同总价|合同总额|合同总金额|订单金额|订单总额|发票金额|账单金额
        金额合计|含税金额|含税总额|金额|总价|总共
        gesamtbetrag|gesamtsumme|gesamt|rechnungsbetrag|rechnungssumme|endbetrag|endsumme|bruttobetrag|brutto|gesamt brutto
        summe brutto|summe|betrag|zahlbetrag|zu zahlen|zu zahlender betrag|gesamtbetrag brutto
        montant total|total ttc|net à payer|montant ttc|à payer|montant dû|importe total|total a pagar|total factura|importe
        totale|totale fattura|totaal|totaalbedrag""", last=True, otherwise="balance"),
    _kind("balance", "money", "balance due|amount due|balance|outstanding balance|amount outstanding|offener betrag|restbetrag|待付金额|未付金额|余额",
        last=True, otherwise="total"),
    _kind("discount", "money", "discount|rebate|rabatt|nachlass|skonto|remise|descuento|sconto|优惠金额|优惠|折扣金额|折扣|立减", last=True),
    _kind("shipping", "money", "shipping|shipping cost|shipping fee|freight|delivery fee|delivery charge|postage|运费|配送费|versand|versandkosten|porto|frais de port"),
    _kind("net", "money", """subtotal|sub total|sub-total|net|net amount|net total|total net|amount excl vat|total excl vat|total excluding vat
        total ex vat|total before tax|amount before tax|taxable amount|net value|小计|不含税金额|未税金额|税前金额|净额|货款
        zwischensumme|nettobetrag|netto|summe netto|gesamt netto|nettosumme|warenwert|total ht|montant ht|sous-total|base imponible
        subtotaal|imponibile""", last=True),
    _kind("tax", "money", """vat|vat amount|tax|tax amount|sales tax|total tax|total vat|gst|gst amount|hst|plus vat|税额|合计税额|增值税|增值税额|税金
        mwst|mwst betrag|mehrwertsteuer|umsatzsteuer|ust|steuerbetrag|zzgl mwst|zzgl ust|tva|montant tva|iva|btw""", last=True),
    _kind("tax_rate", "percent", "vat rate|tax rate|rate of tax|税率|steuersatz|mwst satz|ust satz|taux de tva|tipo de iva"),
    _kind("currency", "currency", "currency|currency code|币种|货币|货币单位|währung|devise|monnaie|moneda|valuta"),
    _kind("vat_id", "vat_id", """vat id|vat no|vat number|vat reg no|vat registration number|vat registration no|vat reg|tax id|tax no|tax number
        tin|ein|gst no|gstin|abn|税号|纳税人识别号|统一社会信用代码|社会信用代码|识别号|ust id|ust idnr|ust id nr|ustid|umsatzsteuer id
        uid|uid nr|steuernummer|steuer nr|n° tva|numéro de tva|nif|cif|partita iva|p iva|btw nummer"""),
    _kind("iban", "iban", "iban|iban no|iban number"),
    _kind("bic", "bic", "bic|swift|swift code|bic/swift|swift/bic|bic code"),
    _kind("bank_account", "id", "bank account|bank account no|account number (bank)|a/c no|银行账号|账号|银行账户|开户账号|kontonummer|konto"),
    _kind("bank", "text", "bank|bank name|开户行|开户银行|银行|kreditinstitut|banque|banco"),
    _kind("email", "email", "email|e mail|e-mail|email address|mail|电子邮箱|邮箱|电邮|电子邮件|邮件|courriel|correo"),
    _kind("phone", "phone", """phone|phone number|phone no|telephone|tel|tel no|mobile|cell|contact number|hotline|电话|联系电话|手机|手机号|手机号码
        电话号码|telefon|telefonnummer|mobil|handy|téléphone|teléfono|telefono"""),
    _kind("website", "url", "website|web|url|homepage|web site|internet|网址|网站|官网|主页|webseite|site web"),
    _kind("address", "address", """address|street address|postal address|supplier address|company address|registered office|地址|公司地址|联系地址|通讯地址
        注册地址|adresse|anschrift|dirección|indirizzo"""),
    _kind("contact", "text", "contact|contact person|attention|attn|contact name|联系人|经办人|负责人|ansprechpartner|kontakt|bearbeiter"),
    _kind("name", "text", "name|full name|person|applicant|candidate|姓名|名字|名称|vollständiger name|nom|nombre|nome"),
    _kind("subject", "text", "subject|title|re|regarding|topic|主题|标题|题目|事由|betreff|objet|asunto|oggetto"),
    _kind("description", "text", """description|item|product|service|details|purpose|描述|品名|商品名称|项目|项目名称|服务名称|货物名称|摘要|用途|内容
        beschreibung|bezeichnung|artikel|leistung|verwendungszweck|désignation|concepto"""),
    _kind("quantity", "number", "quantity|qty|units|pieces|数量|件数|menge|anzahl|quantité|cantidad"),
    _kind("price", "money", "unit price|price|price per unit|rate|cost|单价|价格|售价|einzelpreis|preis|stückpreis|prix unitaire|precio"),
    _kind("payment_terms", "text", "payment terms|terms|terms of payment|付款条件|付款方式|结算方式|zahlungsbedingungen|conditions de paiement"),
)  # fmt: skip

_SEPARATED: Final = re.compile(r"[\s_\-./#:：·]+")


def folded(name: str) -> str:
    """A name without case, width, marks and double blanks, as names are compared."""
    return " ".join(_SEPARATED.split(unicodedata.normalize("NFKC", name).casefold())).strip()


BY_LABEL: Final[Mapping[str, FieldKind]] = MappingProxyType(
    {folded(label): kind for kind in KINDS for label in kind.labels}
)
"""Every kind by what it is called."""
BY_NAME: Final[Mapping[str, FieldKind]] = MappingProxyType({kind.name: kind for kind in KINDS})

_FILLERS: Final = frozenset("the of and name value field full original document doc 的 名称 值 字段".split())
_GENERIC: Final = frozenset("number no date name id amount".split())
"""Words that mean something else together with others: an 'order date' is no invoice's date."""


def kind_of(name: str) -> FieldKind | None:
    """The kind a field is asked for by; None: of no known kind."""
    wanted = folded(name)
    found = BY_LABEL.get(wanted) or BY_NAME.get(wanted.replace(" ", "_"))
    if found is not None:
        return found
    words = [word for word in wanted.split() if word not in _FILLERS]
    found = BY_LABEL.get(" ".join(words))
    if found is not None or len(words) < 2:
        return found
    for begin in range(1, len(words)):  # "acme invoice total" is an invoice total
        rest = " ".join(words[begin:])
        if rest in BY_LABEL and rest not in _GENERIC:
            return BY_LABEL[rest]
    return None
