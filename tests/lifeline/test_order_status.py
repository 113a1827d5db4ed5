"""What a shop's word for the state of an order is taken for."""

from __future__ import annotations

import pytest

from lifeline.order_status import is_cancelled, is_delivered


@pytest.mark.parametrize(
    "status",
    [
        "cancelled", "CANCELED", "order_cancelled", "CancelledByCustomer", "Returned", "refunded",
        "Cancelado", "Devuelto", "Отменён", "возврат", "已取消", "訂單已取消",
        "退款成功", "交易關閉",
    ],
)  # fmt: skip
def test_cancelled(status):
    """Cancelled, returned or refunded, in the usual words of shops."""
    assert is_cancelled(status)
    assert not is_delivered(status)


@pytest.mark.parametrize(
    "status",
    [
        "Delivered", "delivered_to_neighbour", "ENTREGADO", "Доставлен", "вручён", "已签收",
        "已簽收", "交易成功",
    ],
)  # fmt: skip
def test_delivered(status):
    """The customer has it."""
    assert is_delivered(status)
    assert not is_cancelled(status)


@pytest.mark.parametrize(
    "status",
    [
        "", "placed", "paid", "shipped", "out for delivery", "not_delivered", "undelivered",
        "delivery failed", "return requested", "partially_refunded", "received", "no entregado",
        "в пути", "не доставлен", "已发货", "派送中", "申请退款", "退款中", "未签收", "???",
    ],
)  # fmt: skip
def test_neither(status):
    """What is not understood, only asked for, or half done counts as neither."""
    assert not is_cancelled(status)
    assert not is_delivered(status)
