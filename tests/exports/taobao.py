"""The shape of Taobao's list of orders."""

from __future__ import annotations

from tests.exports.invented import Sale, Truth, money, sales, truth

STATUSES = ("交易成功", "交易成功", "卖家已发货\uff0c等待买家确认", "交易关闭", "等待买家付款")


def status(sale: Sale) -> str:
    return STATUSES[sale.number % len(STATUSES)]


def refunded(sale: Sale) -> int:
    return sale.cost // 400 * 100 if sale.number % 8 == 0 else 0


def export(made: list[Sale]) -> list[dict[str, str]]:
    return [
        {
            "订单编号": f'="{1_930_679_858_170_000 + sale.number}"',
            "买家会员名": f"幸福{sale.customer}",
            "买家支付宝账号": "",
            "买家应付货款": money(sale.cost),
            "买家应付邮费": money(sale.shipping),
            "总金额": money(sale.cost + sale.shipping),
            "买家实际支付金额": money(sale.cost + sale.shipping) if status(sale) in STATUSES[:3] else "0.00",
            "订单状态": status(sale),
            "收货地址": "吉林省 通化市 柳河县",
            "联系手机": "'18600000000",
            "订单创建时间": f"{sale.at:%Y-%m-%d %H:%M:%S}",
            "宝贝标题": "\uff0c".join(f"日本直邮 {item.product}" for item in sale.items),
            "宝贝种类": str(len(sale.items)),
            "宝贝总数量": str(sum(item.quantity for item in sale.items)),
            "退款金额": money(refunded(sale)),
        }
        for sale in made
    ]


def known(made: list[Sale]) -> Truth:
    sold = [sale for sale in made if status(sale) in STATUSES[:3]]
    return truth(((sale, sale.cost + sale.shipping - refunded(sale)) for sale in sold), lines=len(sold))


MADE = sales(41, guests=False)
EXPORT, TRUTH = export(MADE), known(MADE)
