"""The shape of Taobao's list of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipelines.bench.invented_shop import InventedShop, Sale, Truth, truth
from pipelines.bench.platform_export import Line, PlatformExport

STATUSES = ("交易成功", "交易成功", "卖家已发货\uff0c等待买家确认", "交易关闭", "等待买家付款")
DIAN = InventedShop("dian", "Asia/Shanghai", "CNY", "CN", seed=41, guests=False)
JIA = InventedShop(
    "jia", "Asia/Shanghai", "CNY", "CN", seed=141, orders=2_500, customers=800, every=(1, 5), guests=False
)


def status(sale: Sale) -> str:
    """As the list says it."""
    return STATUSES[sale.number % len(STATUSES)]


def refunded(sale: Sale) -> int:
    """In part, or nothing."""
    return sale.cost // 400 * 100 if sale.number % 8 == 0 else 0


def export(shop: InventedShop, made: Sequence[Sale], buyer: str = "买家会员名", refunds: bool = True) -> list[Line]:
    """A row for each order."""
    return [
        {
            "订单编号": f'="{1_930_679_858_170_000 + sale.number}"',
            buyer: f"幸福{sale.customer}",
            "买家支付宝账号": "",
            "买家应付货款": shop.money(sale.cost),
            "买家应付邮费": shop.money(sale.shipping),
            "总金额": shop.money(sale.cost + sale.shipping),
            "买家实际支付金额": shop.money(sale.cost + sale.shipping) if status(sale) in STATUSES[:3] else "0.00",
            "订单状态": status(sale),
            "收货地址": "吉林省 通化市 柳河县",
            "联系手机": "'18600000000",
            "订单创建时间": f"{sale.at:%Y-%m-%d %H:%M:%S}",
            "宝贝标题": "\uff0c".join(f"日本直邮 {item.product}" for item in sale.items),
            "宝贝种类": str(len(sale.items)),
            "宝贝总数量": str(sum(item.quantity for item in sale.items)),
            **({"退款金额": shop.money(refunded(sale))} if refunds else {}),
        }
        for sale in made
    ]


def known(made: Sequence[Sale], refunds: bool = True) -> Truth:
    """What was paid; each order is one product."""
    sold = [sale for sale in made if status(sale) in STATUSES[:3]]
    told = truth((sale, sale.cost + sale.shipping - refunds * refunded(sale)) for sale in sold)
    return replace(told, lines=len(sold), products=1)


LIST = PlatformExport(
    preset="taobao-orders",
    shop=DIAN,
    rows=partial(export, DIAN),
    truth=known,
    order="订单编号",
    moments={"订单创建时间": "%Y-%m-%d %H:%M:%S"},
    amounts=("买家应付货款", "买家应付邮费", "总金额", "买家实际支付金额", "退款金额"),
    counts=("宝贝总数量",),
    ids=("订单编号",),
    texts=("宝贝标题",),
    encoding="gb18030",
)
WITHOUT_REFUNDS = replace(
    LIST,
    shop=JIA,
    rows=partial(export, JIA, buyer="买家昵称", refunds=False),
    truth=partial(known, refunds=False),
    amounts=LIST.amounts[:-1],
)
EXPORTS = (LIST, WITHOUT_REFUNDS)
