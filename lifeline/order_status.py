"""What a shop's word for the state of an order says: that it was cancelled, or delivered."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Each shop has words of its own; these are the usual ones. A state that is only asked for, or
# under way, is none yet ("return requested", 退款中), and so is half of one.
_CANCELLED: Final = frozenset((
    "cancelled", "canceled", "returned", "refunded", "voided", "annulled", "cancelado",
    "cancelada", "anulado", "anulada", "devuelto", "devuelta", "reembolsado", "reembolsada",
    "отменен", "отменено", "отменена", "отмена", "аннулирован", "возвращен", "возвращено",
    "возврат",
))  # fmt: skip
_DELIVERED: Final = frozenset((
    "delivered", "entregado", "entregada", "доставлен", "доставлено", "доставлена", "вручен",
    "вручено", "выдан",
))  # fmt: skip
_CANCELLED_ZH: Final = re.compile(
    "(?:订单|交易|買家|买家|卖家|系统)?已?(?:取消|撤销|作废|退款|退货|退货退款|关闭)(?:成功|完成)?"
)
_DELIVERED_ZH: Final = re.compile(
    "(?:订单|包裹|快递)?已?(?:签收|送达|妥投|收货|确认收货)|(?:订单|交易)?已?完成|交易成功"
)
_NOT_QUITE: Final = frozenset((
    "not", "no", "non", "never", "failed", "partially", "partial", "part", "requested",
    "request", "pending", "being", "parcialmente", "parcial", "solicitado", "solicitada",
    "pendiente", "не", "нет", "частично", "запрошен", "запрошена", "ожидает", "оформляется",
))  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_cancelled(status: str) -> bool:
    """Whether nothing of the order comes, or it went back: cancelled, returned or refunded."""
    return _says(status, _CANCELLED, _CANCELLED_ZH)


def is_delivered(status: str) -> bool:
    """Whether the customer has it."""
    return _says(status, _DELIVERED, _DELIVERED_ZH)


def _says(status: str, words: frozenset[str], chinese: re.Pattern[str]) -> bool:
    parted = unicodedata.normalize("NFKD", _CAMEL.sub(" ", status)).casefold()
    plain = "".join(c for c in parted if not unicodedata.combining(c) or c == "\u0306")
    found = set(_WORD.findall(unicodedata.normalize("NFC", plain)))
    if found & words and found.isdisjoint(_NOT_QUITE):
        return True
    # OpenCC is for what people say; these few words are alike but for some characters.
    simple = status.strip().translate(_SIMPLIFIED)
    return chinese.fullmatch(simple) is not None


_SIMPLIFIED: Final = str.maketrans(
    "訂單貨關閉買賣統撤銷廢簽達裹遞確認", "订单货关闭买卖统撤销废签达裹递确认"
)
