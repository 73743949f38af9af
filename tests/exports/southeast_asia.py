"""The shapes of Shopee's exports in three languages, and of Lazada's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.exports.invented import Sale, Truth, money, sales, truth

ENGLISH = {
    "order": "Order ID", "status": "Order Status", "at": "Order Creation Date", "sku": "SKU Reference No.",
    "name": "Product Name", "original": "Original Price", "price": "Deal Price", "quantity": "Quantity",
    "back": "Returned quantity", "voucher": "Seller Voucher", "buyer": "Username (Buyer)", "region": "Province",
}  # fmt: skip
INDONESIAN = {
    "order": "No. Pesanan", "status": "Status Pesanan", "at": "Waktu Pesanan Dibuat", "sku": "Nomor Referensi SKU",
    "name": "Nama Produk", "original": "Harga Awal", "price": "Harga Setelah Diskon", "quantity": "Jumlah",
    "back": "Returned quantity", "voucher": "Voucher Ditanggung Penjual", "buyer": "Username (Pembeli)",
    "region": "Provinsi",
}  # fmt: skip
VIETNAMESE = {
    "order": "Mã đơn hàng", "status": "Trạng Thái Đơn Hàng", "at": "Ngày đặt hàng", "sku": "SKU phân loại hàng",
    "name": "Tên sản phẩm", "original": "Giá gốc", "price": "Giá ưu đãi", "quantity": "Số lượng",
    "back": "Số lượng sản phẩm được hoàn trả", "voucher": "Mã giảm giá của Shop", "buyer": "Người Mua",
    "region": "Tỉnh/Thành phố",
}  # fmt: skip
STATUSES = {
    "english": ("Completed", "Completed", "Shipping", "Cancelled"),
    "indonesian": ("Selesai", "Selesai", "Sedang Dikirim", "Batal"),
    "vietnamese": ("Hoàn thành", "Hoàn thành", "Đang giao", "Đã hủy"),
}
PIECES = ("delivered", "delivered", "shipped", "canceled", "returned")


def back(sale: Sale, index: int) -> int:
    """Every ninth order sends one piece of its first line back."""
    return 1 if sale.number % 9 == 0 and index == 0 else 0


def thousand(cents: int) -> str:
    """An amount of a currency without decimals, with a point for thousands."""
    return f"{cents // 100:,}".replace(",", ".")


def whole(made: list[Sale]) -> list[Sale]:
    """The same orders with amounts as they are where money has no decimals: hundreds of thousands."""
    return [
        replace(
            sale,
            items=tuple(replace(item, price=item.price * 100) for item in sale.items),
            discount=sale.discount // 100 * 100,
        )
        for sale in made
    ]


def shopee(made: list[Sale], language: str, names: Mapping[str, str], written: str = "plain") -> list[dict[str, str]]:
    amount = thousand if written == "thousand" else money
    return [
        {
            names["order"]: f"2409{sale.number}XQ",
            names["status"]: STATUSES[language][sale.number % 4],
            names["at"]: f"{sale.at:%Y-%m-%d %H:%M}",
            names["sku"]: item.sku,
            names["name"]: item.name,
            names["original"]: amount(item.price * 2),
            names["price"]: amount(item.price),
            names["quantity"]: str(item.quantity),
            names["back"]: str(back(sale, index)),
            names["voucher"]: amount(voucher(sale)),
            names["buyer"]: f"buyer_{sale.customer}",
            names["region"]: "JAWA BARAT",
        }
        for sale in made
        for index, item in enumerate(sale.items)
    ]


def voucher(sale: Sale) -> int:
    return min(sale.discount, sale.cost // 10) // 100 * 100


def known_shopee(made: list[Sale]) -> Truth:
    sold = [sale for sale in made if sale.number % 4 != 3]
    return truth(
        (
            (sale, sum(item.price * (item.quantity - back(sale, i)) for i, item in enumerate(sale.items)) - off(sale))
            for sale in sold
        ),
        units=sum(item.quantity - back(sale, i) for sale in sold for i, item in enumerate(sale.items)),
    )


def off(sale: Sale) -> int:
    """No more than what is left is taken off."""
    left = sum(item.price * (item.quantity - back(sale, i)) for i, item in enumerate(sale.items))
    return min(voucher(sale), left)


def lazada(made: list[Sale]) -> list[dict[str, str]]:
    """A row for each piece; some are cancelled or come back where the rest of the order stands."""
    return [
        {
            "orderItemId": f"8{sale.number}{number:03d}",
            "orderType": "Normal",
            "lazadaId": "LZ1",
            "sellerSku": item.sku,
            "lazadaSku": f"{item.product}_PH-9",
            "createTime": f"{sale.at:%d %b %Y %H:%M}",
            "updateTime": f"{sale.at:%d %b %Y %H:%M}",
            "orderNumber": f"7{sale.number}",
            "customerName": f"Khách {sale.customer}",
            "customerEmail": "" if sale.customer is None else f"b{sale.customer}@example.com",
            "shippingCountry": "Philippines",
            "paidPrice": money(item.price),
            "unitPrice": money(item.price),
            "sellerDiscountTotal": money(-(item.price // 10)),
            "itemName": item.name,
            "status": piece(sale, number),
        }
        for sale in made
        for number, item in enumerate(pieces(sale))
    ]


def pieces(sale: Sale) -> list:
    return [item for item in sale.items for _ in range(item.quantity)]


def piece(sale: Sale, number: int) -> str:
    return PIECES[(sale.number + number) % len(PIECES)]


def known_lazada(made: list[Sale]) -> Truth:
    stands = {sale.number: [i for n, i in enumerate(pieces(sale)) if piece(sale, n) in PIECES[:3]] for sale in made}
    sold = [sale for sale in made if stands[sale.number]]
    lines = sum(len(stands[sale.number]) for sale in sold)
    return truth(
        ((sale, sum(item.price - item.price // 10 for item in stands[sale.number])) for sale in sold),
        lines=lines,
        units=lines,
    )


MADE = sales(61, guests=False)
WHOLE = whole(MADE)
SHOPEE, SHOPEE_TRUTH = shopee(MADE, "english", ENGLISH), known_shopee(MADE)
INDONESIA = shopee(WHOLE, "indonesian", INDONESIAN, "thousand")
VIETNAM = shopee(WHOLE, "vietnamese", VIETNAMESE, "thousand")
WHOLE_TRUTH = known_shopee(WHOLE)
LAZADA, LAZADA_TRUTH = lazada(MADE), known_lazada(MADE)
