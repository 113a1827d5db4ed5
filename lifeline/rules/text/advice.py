"""What to advise the author who wrote a word that is not known where it stands."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

# Keys as authors who think in Chinese write them.
_CHINESE: Final = {
    "编号": "id", "标识": "id", "标题": "title", "名称": "name", "类别": "category",
    "分类": "category", "级别": "tier", "等级": "tier", "状态": "status", "说话人": "speaker",
    "渠道": "channels", "词": "terms", "词语": "terms", "短语": "terms", "关键词": "terms",
    "组合": "together", "分组": "groups", "范围": "within", "排除": "exclusions", "降级": "lower",
    "升级": "raise", "例子": "examples", "例句": "examples", "示例": "examples", "报警": "alert",
    "命中": "alert", "忽略": "ignore", "不命中": "ignore", "已知缺口": "known_gap",
    "作者": "author",
    "参考": "references", "审核": "reviewed", "评审": "reviewed", "原因": "why", "语言": "language",
    "格式": "format", "规则": "rules", "概念": "concepts", "字数": "characters", "字": "characters",
    "分钟": "minutes", "消息": "messages",
}  # fmt: skip
# Values as people write them.
_MEANT: Final = {
    "yes": "true", "on": "true", "是": "true", "no": "false", "off": "false", "否": "false",
    "中文": "zh", "chinese": "zh", "cn": "zh", "zh-cn": "zh", "zh-hans": "zh", "zh-hant": "zh",
    "zh-tw": "zh", "zh-hk": "zh", "english": "en", "英文": "en", "spanish": "es", "español": "es",
    "西班牙文": "es", "russian": "ru", "русский": "ru", "俄文": "ru", "启用": "active",
    "生效": "active", "enabled": "active", "live": "active", "草稿": "draft", "disabled": "retired",
    "停用": "retired", "试运行": "shadow", "客户": "customer", "user": "customer", "客服": "agent",
    "call": "calls", "phone": "calls", "电话": "calls", "email": "emails", "mail": "emails",
    "邮件": "emails", "聊天": "chat",
}  # fmt: skip
# Where keys stand that are often found one level too high or too low.
_HOMES: Final = {
    **dict.fromkeys(
        ("id", "title", "category", "tier", "status", "speaker", "channels", "terms", "together",
         "adds_up", "exclusions", "lower", "raise", "examples", "references", "author",
         "reviewed"), "a rule"
    ),
    **dict.fromkeys(("alert", "ignore", "known_gap"), "`examples:`"),
    **dict.fromkeys(("groups", "ordered", "at_least"), "`together:`"),
    **dict.fromkeys(("characters", "words", "messages", "minutes"), "`within:`"),
    "window": "`scale:`",
    **dict.fromkeys(
        ("format", "language", "rules", "concepts", "scale", "surroundings", "means", "across"),
        "the file itself",
    ),
}  # fmt: skip
_QUOTES: Final = "\"'“”„‟‘’«»「」『』`"


def plainly(text: str) -> str:
    """The text as its author may have meant to type it: plain width, no quotes, lower case."""
    return unicodedata.normalize("NFKC", text).strip().strip(_QUOTES).strip().casefold()


def key_meant(key: str, known: Iterable[str]) -> str:
    """The known key an unknown one was meant to be; empty when there is none like it."""
    plain = plainly(key)
    known = list(known)
    for meant in (plain, _CHINESE.get(plain, "")):
        if meant in known:
            return meant
    if _is_elsewhere(plain, known):
        return ""
    return next(iter(difflib.get_close_matches(plain, known, 1)), "")


def _is_elsewhere(key: str, known: list[str]) -> bool:
    """Whether a key belongs to another place than where these are known."""
    return key in _HOMES and all(_HOMES.get(other) != _HOMES[key] for other in known)


def on_key(key: str, known: Iterable[str]) -> str:
    """What to do about an unknown key."""
    known = list(known)
    meant = key_meant(key, known)
    if meant:
        return f"did you mean `{meant}`?"
    plain = plainly(key)
    if _is_elsewhere(plain, known):
        return f"`{plain}` stands under {_HOMES[plain]}: check the indentation"
    return f"known: {', '.join(known)}"


def on_value(value: str, allowed: Iterable[str]) -> str:
    """What to do about a value that is none of those allowed."""
    allowed = list(allowed)
    plain = plainly(value)
    for meant in (plain, _MEANT.get(plain, "")):
        if meant in allowed:
            return f"write `{meant}`"
    near = difflib.get_close_matches(plain, allowed, 1)
    return f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(allowed)}"


def on_number(value: str, most: int) -> str:
    """What to do about a text that is no whole number within its bounds."""
    found = re.search("[0-9]{1,6}", plainly(value))
    if not found or re.fullmatch("[0-9]+", value) or "-" in value:
        return ""
    return f"write `{int(found[0])}`, digits only" if 1 <= int(found[0]) <= most else ""


_CURLY: Final = re.compile("[“”„‟«»＂]")


def quote(line: str) -> str:
    """What to say of quotes that are none to YAML; empty where there are none."""
    found = _CURLY.search(line)
    return f'put the phrase in straight double quotes, `"`, not `{found[0]}`' if found else ""
