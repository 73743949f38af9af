"""The shapes of Shopee's exports in three languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, range_of, truth
from pipelines.bench.platform_export import Line, PlatformExport


@dataclass(frozen=True)
class ShopeeLanguage:
    """What the columns and the statuses are called; the last status is that of a cancelled order."""

    preset: str
    names: Mapping[str, str]
    statuses: tuple[str, ...]
    points: bool = False


ENGLISH = ShopeeLanguage(
    "shopee-orders",
    {
        "order": "Order ID", "status": "Order Status", "at": "Order Creation Date", "sku": "SKU Reference No.",
        "name": "Product Name", "original": "Original Price", "price": "Deal Price", "quantity": "Quantity",
        "back": "Returned quantity", "voucher": "Seller Voucher", "buyer": "Username (Buyer)", "region": "Province",
    },
    ("Completed", "Completed", "Shipping", "Cancelled"),
)  # fmt: skip
INDONESIAN = ShopeeLanguage(
    "shopee-orders-indonesia",
    {
        "order": "No. Pesanan", "status": "Status Pesanan", "at": "Waktu Pesanan Dibuat",
        "sku": "Nomor Referensi SKU", "name": "Nama Produk", "original": "Harga Awal",
        "price": "Harga Setelah Diskon", "quantity": "Jumlah", "back": "Returned quantity",
        "voucher": "Voucher Ditanggung Penjual", "buyer": "Username (Pembeli)", "region": "Provinsi",
    },
    ("Selesai", "Selesai", "Sedang Dikirim", "Batal"),
    points=True,
)  # fmt: skip
VIETNAMESE = ShopeeLanguage(
    "shopee-orders-vietnam",
    {
        "order": "Mã đơn hàng", "status": "Trạng Thái Đơn Hàng", "at": "Ngày đặt hàng", "sku": "SKU phân loại hàng",
        "name": "Tên sản phẩm", "original": "Giá gốc", "price": "Giá ưu đãi", "quantity": "Số lượng",
        "back": "Số lượng sản phẩm được hoàn trả", "voucher": "Mã giảm giá của Shop", "buyer": "Người Mua",
        "region": "Tỉnh/Thành phố",
    },
    ("Hoàn thành", "Hoàn thành", "Đang giao", "Đã hủy"),
    points=True,
)  # fmt: skip
_LARGE = range_of(("Bag", "Sandal, kids", "Hijab", "Lampu", "Áo dài"), ("S", "M", "L"))


def _shop(name: str, zone: str, currency: str, seed: int, large: bool = False) -> InventedShop:
    whole = currency != "PHP"
    shop = InventedShop(name, zone, currency, "JAWA BARAT", seed=seed, guests=False, unit=100 if whole else 1)
    if whole:
        shop = replace(shop, prices=(19_900, 12_000_000))
    if large:
        shop = replace(shop, orders=1_200, customers=420, products=_LARGE, every=(1, 9))
    return shop


def back(sale: Sale, index: int) -> int:
    """Every ninth order sends one piece of its first line back."""
    return 1 if sale.number % 9 == 0 and index == 0 else 0


def voucher(sale: Sale) -> int:
    """In whole coins."""
    return min(sale.discount, sale.cost // 10) // 100 * 100


def export(shop: InventedShop, language: ShopeeLanguage, made: Sequence[Sale]) -> list[Line]:
    """A row for each line of an order."""
    names = language.names

    def amount(value: int) -> str:
        return f"{value // 100:,}".replace(",", ".") if language.points else shop.money(value)

    return [
        {
            names["order"]: f"2409{sale.number}XQ",
            names["status"]: language.statuses[sale.number % 4],
            names["at"]: f"{sale.at:%Y-%m-%d %H:%M}",
            names["sku"]: item.sku,
            names["name"]: item.name,
            names["original"]: amount(item.price * 2),
            names["price"]: amount(item.price),
            names["quantity"]: str(item.quantity),
            names["back"]: str(back(sale, index)),
            names["voucher"]: amount(voucher(sale)),
            names["buyer"]: f"buyer_{sale.customer}",
            names["region"]: shop.country,
        }
        for sale in made
        for index, item in enumerate(sale.items)
    ]


def known(made: Sequence[Sale]) -> Truth:
    """What was not cancelled and stays, after the voucher, of which no more than is left is taken off."""
    sold = [sale for sale in made if sale.number % 4 != 3]
    left = {s.number: sum(i.price * (i.quantity - back(s, n)) for n, i in enumerate(s.items)) for s in sold}
    told = truth((sale, left[sale.number] - min(voucher(sale), left[sale.number])) for sale in sold)
    return replace(told, units=told.units - sum(back(sale, 0) for sale in sold))


def _of(shop: InventedShop, language: ShopeeLanguage) -> PlatformExport:
    names = language.names
    return PlatformExport(
        preset=language.preset,
        shop=shop,
        rows=partial(export, shop, language),
        truth=known,
        order=names["order"],
        moments={names["at"]: "%Y-%m-%d %H:%M"},
        # Amounts with points have a style of their own, which spreadsheets elsewhere take for decimals.
        amounts=() if language.points else (names["original"], names["price"], names["voucher"]),
        counts=(names["quantity"], names["back"]),
        texts=(names["name"],),
    )


PHILIPPINES = _of(_shop("tindahan", "Asia/Manila", "PHP", 61), ENGLISH)
INDONESIA = _of(_shop("toko", "Asia/Jakarta", "IDR", 61), INDONESIAN)
VIETNAM = _of(_shop("cửa hàng", "Asia/Ho_Chi_Minh", "VND", 61), VIETNAMESE)
EXPORTS = (
    PHILIPPINES,
    _of(_shop("bodega", "Asia/Manila", "PHP", 161, large=True), ENGLISH),
    INDONESIA,
    _of(_shop("gudang", "Asia/Jakarta", "IDR", 162, large=True), INDONESIAN),
    VIETNAM,
    _of(_shop("kho", "Asia/Ho_Chi_Minh", "VND", 163, large=True), VIETNAMESE),
)
