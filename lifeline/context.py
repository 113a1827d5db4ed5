"""What is known of a customer beside what was said: orders, and the product asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One line of an order."""

    sku: str
    title: str = ""
    category: str = ""
    quantity: int = 1


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order as the `orders` topic carries it."""

    order_id: str
    placed_at: datetime
    status: str = ""
    cancellable: bool = False
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when a rule is weighed; None is not known (yet), empty is known to be none."""

    orders: tuple[Order, ...] | None = None
    product: Item | None = None

    def product_asked_about(self, sku: str | None) -> Item | None:
        """The product behind ``sku``: given, or among the orders."""
        if self.product is not None or sku is None:
            return self.product
        items = (item for order in self.orders or () for item in order.items)
        return next((item for item in items if item.sku == sku), None)
