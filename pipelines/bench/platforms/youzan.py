"""The shape of Youzan's report of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, truth
from pipelines.bench.platform_export import Line, PlatformExport

STATUSES = ("交易完成", "已发货", "待发货", "已关闭", "待付款")
PU = InventedShop("pu", "Asia/Shanghai", "CNY", "CN", seed=71, guests=False)
CHANG = InventedShop(
    "chang", "Asia/Shanghai", "CNY", "CN", seed=171, orders=2_200, customers=500, every=(1, 6), guests=False
)


def status(sale: Sale) -> str:
    """As the report says it."""
    return STATUSES[sale.number % len(STATUSES)]


def refunded(sale: Sale) -> int:
    """In part, or nothing."""
    return sale.cost // 400 * 100 if sale.number % 8 == 0 else 0


def export(shop: InventedShop, made: Sequence[Sale]) -> list[Line]:
    """A row for each order."""
    return [
        {
            "订单号": f"E2024{sale.number:010d}",
            "订单状态": status(sale),
            "买家昵称": f"昵称{sale.customer}",
            "全部商品名称": "\uff0c".join(f"商品 {item.product}({item.quantity}件)" for item in sale.items),
            "商品种类数": str(len(sale.items)),
            "订单实付金额": shop.money(sale.cost + sale.shipping),
            "订单已退款金额": shop.money(refunded(sale)),
            "买家付款时间": "" if status(sale) == "待付款" else f"{sale.at:%Y-%m-%d %H:%M:%S}",
            "收货人/提货人": "王芳",
            "收货人手机号/提货人手机号": f"1390000{sale.customer:04d}",
            "收货人省份": "山东省",
        }
        for sale in made
    ]


def known(made: Sequence[Sale]) -> Truth:
    """What was paid; each order is one piece of one product."""
    sold = [sale for sale in made if status(sale) in STATUSES[:3]]
    told = truth((sale, sale.cost + sale.shipping - refunded(sale)) for sale in sold)
    return replace(told, lines=len(sold), units=len(sold), products=1)


REPORT = PlatformExport(
    preset="youzan-orders",
    shop=PU,
    rows=partial(export, PU),
    truth=known,
    order="订单号",
    moments={"买家付款时间": "%Y-%m-%d %H:%M:%S"},
    amounts=("订单实付金额", "订单已退款金额"),
    texts=("全部商品名称",),
    encoding="gb18030",
)
EXPORTS = (REPORT, replace(REPORT, shop=CHANG, rows=partial(export, CHANG), encoding="utf-8-sig"))
