"""What the columns of order exports are called, in the languages and systems people bring."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "ordered_at": (
        "ordered at", "order date", "invoice date", "purchase date", "timestamp", "date time", "datetime",
        "transaction timestamp", "created at", "order created at", "sold at", "order placed at", "sale date",
        "transaction date", "transaction dt", "order dt", "order purchase timestamp", "date created", "paid at",
        "date", "time", "day", "bestelldatum", "kaufdatum", "rechnungsdatum", "datum", "zeit",
        "date de commande", "date commande", "date d achat", "fecha de pedido", "fecha pedido", "fecha",
        "data ordine", "data dell ordine", "data do pedido", "data", "besteldatum", "data zamowienia", "orderdatum",
        "下单时间", "订单时间", "订单日期", "日期", "時間", "注文日時", "注文日", "購入日", "購入日時",
    ),
    "customer_id": (
        "customer id", "customer", "client id", "client", "user id", "user", "member id", "member",
        "member number", "household id", "household", "shopper", "buyer", "account id", "cust id", "cust",
        "customer number", "customer no", "customer code", "kundennummer", "kundennr", "kunden nr", "kunden id",
        "kunde", "id client", "numero client", "code client", "id cliente", "cliente", "numero cliente",
        "codigo cliente", "klant", "klantnummer", "klant id", "klient", "id klienta", "kundnummer", "kund",
        "客户编号", "客户", "顾客编号", "用户编号", "会员编号", "顧客番号", "顧客", "会員番号",
        "customer email", "buyer email", "email", "email address", "e mail", "customer e mail", "kundenemail",
        "courriel", "correo",
    ),
    "order_id": (
        "order id", "order no", "order number", "order", "invoice no", "invoice id", "invoice", "invoice number",
        "basket id", "basket", "transaction id", "transaction", "receipt id", "receipt no", "receipt", "ticket",
        "bill no", "purchase order", "amazon order id", "order name", "bestellnummer", "bestellnr", "auftragsnummer",
        "auftragsnr", "belegnummer", "belegnr", "bestellung", "beleg", "rechnungsnummer", "numero de commande",
        "numero commande", "no commande", "commande", "id commande", "numero de pedido", "pedido", "id pedido",
        "numero ordine", "ordine", "id ordine", "numero do pedido", "bestelling", "ordernummer", "zamowienie",
        "numer zamowienia", "订单编号", "订单号", "订单", "交易号", "注文番号", "注文",
    ),
    "product_id": (
        "product id", "stock code", "sku", "product code", "item id", "item code", "article id", "article",
        "product", "item", "ean", "upc", "asin", "gtin", "barcode", "variant id", "listing id", "product number",
        "item number", "artikelnummer", "artikelnr", "artikel nr", "artikel", "reference produit", "id produit",
        "code produit", "produit", "reference", "referencia", "id producto", "codigo producto", "producto",
        "codice prodotto", "id prodotto", "prodotto", "codice articolo", "articolo", "id produto",
        "codigo do produto", "produto", "productnummer", "produkt", "id produktu", "kod produktu",
        "产品编号", "商品编号", "商品编码", "产品", "商品", "商品番号", "商品コード",
    ),
    "quantity": (
        "quantity", "qty", "units", "pieces", "count", "pcs", "quantity ordered", "quantity purchased", "items sold",
        "units sold", "number of units", "menge", "anzahl", "stueck", "stuck", "stueckzahl", "stuckzahl",
        "quantite", "qte", "cantidad", "unidades", "quantita", "qta", "quantidade", "qtd", "aantal", "hoeveelheid",
        "ilosc", "antal", "数量", "件数", "個数",
    ),
    "unit_price": (
        "unit price", "price per unit", "price each", "item price", "product price", "lineitem price", "price",
        "net price", "gross price", "einzelpreis", "stueckpreis", "stuckpreis", "preis", "prix unitaire", "prix",
        "precio unitario", "precio", "prezzo unitario", "prezzo", "preco unitario", "preco", "eenheidsprijs",
        "stukprijs", "prijs", "cena jednostkowa", "cena", "a pris", "pris", "单价", "价格", "単価", "価格",
        "sales price", "selling price",
    ),
    "revenue": (
        "revenue", "line total", "total price", "total", "sales value", "sales", "amount", "turnover", "net sales",
        "net amount", "gross amount", "row total", "line amount", "extended price", "value", "paid", "subtotal",
        "item total", "umsatz", "zeilensumme", "betrag", "gesamtpreis", "summe", "montant", "total ligne",
        "importe", "total linea", "importo", "totale", "totale riga", "valor total", "valor", "bedrag", "totaal",
        "kwota", "wartosc", "belopp", "summa", "gross sales", "金额", "总价", "销售额", "金額", "合計", "売上",
    ),
    "line_id": (
        "line id", "order line id", "line item id", "order item id", "lineitem id", "row id", "line number",
        "line no", "line nr", "line", "order line", "order line number", "item line", "line item number",
        "line item", "item sequence", "line sequence", "position", "pos", "pos nr", "row number", "row no",
        "row", "sequence", "seq", "item no", "positionsnummer", "positionsnr", "bestellposition", "zeile", "zeilennr",
        "zeilennummer", "ligne", "numero de ligne", "linea", "numero de linea", "riga", "numero riga", "linha", "regel",
        "regelnummer", "pozycja", "rad", "radnummer", "transaction id", "行号", "序号", "行番号", "明細番号",
    ),
    "discount": (
        "discount", "discount amount", "line discount", "lineitem discount", "item discount", "discount percent",
        "discount rate", "discount pct", "item promotion discount", "discounts", "rebate", "reduction", "markdown",
        "rabatt", "nachlass", "rabattbetrag", "rabattsatz", "remise", "descuento", "sconto", "desconto", "korting",
        "rabat", "折扣", "优惠", "割引", "値引",
    ),
    "currency": (
        "currency", "currency code", "order currency", "waehrung", "wahrung", "devise", "moneda", "divisa", "valuta",
        "moeda", "waluta", "币种", "货币", "通貨",
    ),
    "channel": ("channel", "sales channel", "order channel", "source", "kanal", "canal", "canale", "渠道"),
    "store_id": (
        "store id", "store", "shop id", "branch", "outlet", "location", "filiale", "magasin", "tienda", "negozio",
        "loja", "winkel", "门店", "店舗",
    ),
    "region": (
        "region", "country", "state", "county", "city", "town", "billing country", "shipping country", "ship country",
        "land", "ort", "stadt", "pays", "ville", "pais", "ciudad", "paese", "citta", "cidade", "kraj", "miasto",
        "国家", "地区", "省份", "国", "地域",
    ),
    "name": (
        "product name", "description", "item name", "item description", "product description", "product title",
        "lineitem name", "title", "name", "article name", "bezeichnung", "artikelname", "produktname", "article",
        "produkt", "articulo", "libelle", "nom du produit", "designation", "nombre del producto", "descripcion",
        "nome prodotto", "descrizione", "nome do produto", "descricao", "omschrijving", "productnaam",
        "nazwa", "nazwa produktu", "benamning", "产品名称", "商品名称", "名称", "商品名",
    ),
    "category": (
        "category", "product category", "product type", "product group", "item category", "product subclass",
        "product class", "subclass", "sub category", "department name", "group", "grp", "kategorie", "warengruppe",
        "produktgruppe", "categorie", "rayon", "categoria", "kategoria", "kategori", "类别", "分类", "品类",
        "カテゴリ", "カテゴリー",
    ),
    "department": ("department", "division", "abteilung"),
    "brand": ("brand", "manufacturer", "vendor", "marke", "hersteller", "marque", "marca", "merk", "marka", "品牌"),
})  # fmt: skip
"""For each role, what columns of that role are called, the most telling names first."""
PROTECTED: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "age_band": (
        "age", "age group", "age band", "age range", "age bracket", "customer age", "altersgruppe", "alter",
        "tranche d age", "grupo de edad", "fascia di eta", "faixa etaria", "年龄段", "年龄", "年齢",
    ),
    "gender": ("gender", "sex", "geschlecht", "genre", "sexe", "genero", "sexo", "sesso", "geslacht", "plec", "性别",
               "性別"),
    "income_band": ("income", "income band", "income group", "income range", "einkommen", "revenu", "ingresos"),
    "marital_status": ("marital status", "familienstand"),
    "ethnicity": ("ethnicity", "race", "ethnic group"),
    "religion": ("religion",),
    "nationality": ("nationality", "nationalitaet", "nationalitat"),
    "disability": ("disability",),
})  # fmt: skip
"""For each protected attribute, what columns that hold it are called."""
LINE_TOTALS = ("revenue", "line total", "total price", "sales value", "turnover", "net sales", "row total",
               "line amount", "extended price", "umsatz", "zeilensumme", "gesamtpreis", "total ligne", "total linea",
               "totale riga", "金额", "销售额", "売上")  # fmt: skip
"""Names that can't mean the price of one piece."""
ORDER_TOTALS = (
    "grand total", "order total", "total amount", "order amount", "order value", "total paid", "amount paid",
    "gesamtbetrag", "bestellwert", "bestellsumme", "auftragswert", "rechnungsbetrag", "gesamtsumme", "endbetrag",
    "montant total", "total commande", "total ttc", "importe total", "total pedido", "totale ordine", "importo totale",
    "valor do pedido", "totaalbedrag", "wartosc zamowienia", "订单金额", "实付金额", "支払金額", "注文合計", "total",
    "amount", "betrag", "summe",
)  # fmt: skip
"""What a column is called that holds what a whole order comes to."""
STATUS = ("financial status", "payment status", "order status", "status", "item status", "bestellstatus", "statut",
          "estado", "stato")  # fmt: skip
PERCENT = ("percent", "percentage", "pct", "rate", "prozent", "satz", "rabattsatz")
_ABOUT_TIME = "date dt time timestamp day month year"
_ABOUT_OTHERS = f"{_ABOUT_TIME} name status total amount price type priority channel source note notes currency tags"
_STOP: Mapping[str, str] = MappingProxyType(
    {
        "order_id": f"{_ABOUT_OTHERS} value count line item row email quantity discount",
        "customer_id": f"{_ABOUT_OTHERS} group segment reference city country zip age gender",
        "product_id": f"{_ABOUT_OTHERS} category group description title quantity subclass class brand discount tax",
        "ordered_at": "ship shipped shipping delivery due updated cancelled fulfilled zone",
        "quantity": "refunded returned cancelled stock available unit price",
        "unit_price": "shipping tax taxes vat compare cost refunded fee point name profit total discount",
        "revenue": "shipping tax taxes vat cost refunded refund fee profit discount tip items",
        "discount": "code codes name reason type",
        "line_id": "total amount price status date name quantity discount",
        "currency": "amount rate converted",
        "name": "customer buyer shipping billing store city discount user client code",
        "category": "customer user age member income code",
        "region": "code",
    }
)
"""Words beside which a name that only occurs within a column's name means something else."""


def words(name: str) -> str:
    """«CustomerID», «customer-id» and «Customer ID» are all «customer id»; accents are left out."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = unicodedata.normalize(
        "NFC", "".join(c for c in plain if unicodedata.category(c) != "Mn" or ord(c) > 0x3000)
    )
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return " ".join(re.findall(r"[^\W_]+", spaced.lower()))


def score(column: str, role: str) -> float:
    """How much a column's name tells that it plays a role: 1 for the most telling name, 0 for nothing."""
    return likeness(column, NAMES[role], frozenset(_STOP.get(role, "").split()))


def likeness(column: str, names: Sequence[str], stop: frozenset[str] = frozenset()) -> float:
    """1 for the first of the names, less for later ones; at most half of it where the column's name contains it."""
    written = words(column)
    joined = written.replace(" ", "")
    parts = written.split()
    best = 0.0
    for rank, name in enumerate(names):
        weight = 1 - rank / (2 * len(names))
        if written == name or joined == name.replace(" ", ""):
            best = max(best, weight)
        elif f" {name} " in f" {written} " and not stop & (set(parts) - set(name.split())):
            best = max(best, weight / 2 - 0.01 * (len(parts) - len(name.split())))
    return best


def protected_attribute(column: str) -> str | None:
    """The protected attribute that a column of this name holds, None for none."""
    written = words(column)
    return next((attribute for attribute, names in PROTECTED.items() if written in names), None)
