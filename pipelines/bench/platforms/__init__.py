"""The exports of platforms as an invented shop would get them: one module a platform, each with its `EXPORTS`.

A new platform is a module and its name in the list below; each preset needs two exports at least, of a small shop and
of a larger one, which differ in zone, currency and version.
"""

from pipelines.bench.platform_export import PlatformExport
from pipelines.bench.platforms import (
    amazon,
    bigcommerce,
    etsy,
    lazada,
    magento,
    shopee,
    shopify,
    square,
    stripe,
    taobao,
    woocommerce,
    youzan,
)

_MODULES = (shopify, woocommerce, magento, amazon, square, stripe, etsy, bigcommerce, shopee, lazada, taobao, youzan)

ALL: tuple[PlatformExport, ...] = tuple(export for module in _MODULES for export in module.EXPORTS)

__all__ = ["ALL"]
