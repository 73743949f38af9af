"""The shape of Youzan's report of orders."""

from __future__ import annotations

from tests.exports.invented import Sale, Truth, money, sales, truth

STATUSES = ("交易完成", "已发货", "待发货", "已关闭", "待付款")


def status(sale: Sale) -> str:
    return STATUSES[sale.number % len(STATUSES)]


def refunded(sale: Sale) -> int:
    return sale.cost // 400 * 100 if sale.number % 8 == 0 else 0


def export(made: list[Sale]) -> list[dict[str, str]]:
    return [
        {
            "订单号": f"E2024{sale.number:010d}",
            "订单状态": status(sale),
            "买家昵称": f"昵称{sale.customer}",
            "全部商品名称": "\uff0c".join(f"商品 {item.product}({item.quantity}件)" for item in sale.items),
            "商品种类数": str(len(sale.items)),
            "订单实付金额": money(sale.cost + sale.shipping),
            "订单已退款金额": money(refunded(sale)),
            "买家付款时间": "" if status(sale) == "待付款" else f"{sale.at:%Y-%m-%d %H:%M:%S}",
            "收货人/提货人": "王芳",
            "收货人手机号/提货人手机号": f"1390000{sale.customer:04d}",
            "收货人省份": "山东省",
        }
        for sale in made
    ]


def known(made: list[Sale]) -> Truth:
    sold = [sale for sale in made if status(sale) in STATUSES[:3]]
    return truth(
        ((sale, sale.cost + sale.shipping - refunded(sale)) for sale in sold), lines=len(sold), units=len(sold)
    )


MADE = sales(71, guests=False)
EXPORT, TRUTH = export(MADE), known(MADE)
