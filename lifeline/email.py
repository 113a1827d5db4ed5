"""What the writer of an e-mail says today: quoted replies and signatures blanked, offsets kept.

Cutting a person's own words may cost a life, leaving a quote in costs a false alarm: so only what
a mail client surely wrote or marked is cut, and every doubt keeps the text. Three things are cut:

- lines that begin with ``>``, except faces (``>_<``) and lone comparisons (``> 5 ...``);
- a client's reply or forward header, and what follows it up to the end or the end-of-forward line;
  where ``>`` lines follow, they alone are the quote and the answers between and below them stay;
- a short block under a signature delimiter, and lines such as "Sent from my iPhone".

A second pass finds nothing more: what the rules below ask of neighbouring lines is that nothing
stands between them, and cutting a line always leaves more than one empty line in its place.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE_LINES: Final = 10  # more lines than this under a delimiter are a letter, no signature
SIGNATURE_COLUMNS: Final = 60  # a longer line is prose; a wide character takes two columns
LINES_BELOW_TAGLINE: Final = 3  # how near the end "Sent from ..." must stand
HEADER_CHARS: Final = 300  # no client's attribution is longer; this also bounds all matching
HEADER_LINES: Final = 3  # lines an attribution may be wrapped over
FIELD_LINES: Final = 8  # lines of a From/Sent/To/Subject block
NAME_CHARS: Final = 60  # a longer name in an attribution is a sentence

_LINE: Final = re.compile(r"[^\r\n]+")
# White space, and the invisible marks that clients put at the start of a line.
_BLANK: Final = (
    " \t\v\f\xa0\u3000\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"
)
_NEXT_LINE: Final = frozenset({"\n", "\r", "\r\n"})
_NEARBY: Final = _NEXT_LINE | {"\n\n", "\r\r", "\r\n\r\n"}

# Faces, which begin like quotes: >_<  > <  >///<  >皿<  >_>  >:(   but not "> <name@host>".
_FACE: Final = re.compile(
    r">(?:[^\s<>]{0,8}<|[_.,~^-]{1,4}>| [_.,~^-]{0,4} ?<(?![!-;=?-~]+>)"
    r"|[:;=：]['’^o-]{0,2}[()\[\]{}|/\\@#*DPOo3cC（）])"
)
# What a person may have typed as well as quoted: "> 5 days", ">=3", and "> :(".
_COMPARISON: Final = re.compile(r">\s?(?:[=≥]?\s?\d|[:;=：]['’^o-]{0,2}[()\[\]{}|/\\@#*（）])")

_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,190}")
_CLOCK: Final = re.compile(r"\d{1,2}(?:[:：]\d\d){1,2}|\d{1,2}[时時点點]\d{1,2}")
_YEAR: Final = re.compile(r"(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d\d(?!\d)")
_WROTE: Final = re.compile(
    r"(?:\b(?:wrote|writes|escribió|пишет|(?:на)?писал(?:а|\s?\(а\))?)|写道|寫道)\s?[:：]$"
)
_MAIL_ENDS: Final = re.compile(r"@[\w.-]{1,190}>\s?[:：]$")  # Gmail in Russian has no verb
# "On Monday, January 5", "El vie, 5", "于2024", "Пятница, 5": how a dated attribution begins.
_LEAD: Final = re.compile(
    r"(?:(?:On|At|El|En) (?:\w{2,10}[.,]{0,2} ){0,2}|(?:[在于於] ?)?(?:(?:星期|周|週).[,，]? ?)?"
    r"|(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье),? )"
    r"(?=\d)",
    re.IGNORECASE,
)
_LOWER_WORD: Final = re.compile(r"(?<!\w)[a-zа-яёáéíñóúü]\w*")
# Lower-case words that names and times have; any other is a sentence's.
_PARTICLES: Final = frozenset(
    ["a", "am", "at", "da", "de", "del", "der", "h", "la", "m", "p", "pm", "van", "von", "y"]
).union("вг", ["от"])
_ABOUT_SOMEBODY: Final = re.compile(
    r"[。！？!?我他她它你您咱]|\b(?:I|my|me|he|she|they|we|you|his|her|our|your|mi|mis|él|ella|su|tu"
    r"|я|мне|меня|мой|моя|он|она|они|мы|ты|вы)\b"
)


def _field(names: str, value: str = "") -> re.Pattern[str]:
    """Match a header field by its names in all languages, at a line's start or after a blank."""
    return re.compile(rf"(?<![^\s;*])\*{{0,2}}(?:{names})\*{{0,2}}\s?[:：]{value}")


_FROM_NAMES: Final = "From|De|От|От кого|发件人|發件人|发信人|寄件者|寄件人"
_SENT_NAMES: Final = "Sent|Enviado|Enviado el|Отправлено|[发發傳]送[时時][间間]|寄件日期|已傳送"
_DATE_NAMES: Final = "Date|Fecha|Дата|日期|[时時][间間]|[发發傳]送日期"
_TO_NAMES: Final = "To|Para|Кому|收件人|收件者|Subject|Asunto|Тема|主题|主題|主旨|标题"
_FROM: Final = _field(_FROM_NAMES)
_SENT: Final = _field(_SENT_NAMES, r"[^\n]{0,60}?\d")
_DATE: Final = _field(_DATE_NAMES)
_DATE_AND_TIME: Final = _field(_DATE_NAMES, r"[^\n]{0,60}?\d[:：]\d\d")
_TO: Final = _field(_TO_NAMES)
_ANY_FIELD: Final = _field(
    f"{_FROM_NAMES}|{_SENT_NAMES}|{_DATE_NAMES}|{_TO_NAMES}|C[cC]|Копия|抄送|副本"
)

_DIVIDER: Final = re.compile(
    r"-{2,40}\s{0,9}(?:original(?: message)?|forwarded message(?: from .{1,100})?"
    r"|mensaje (?:original|reenviado)|(?:исходное|пересылаемое|перенаправленное) сообщение"
    r"|(?:回[复覆]的)?原[始邮郵]?[邮郵]?件|[转轉][发發寄]的?(?:[邮郵]件|消息|訊息)(?:信息)?)\s{0,9}-{2,40}"
    r"|(?:begin forwarded message|inicio del mensaje reenviado"
    r"|начало (?:переадресованного|пересылаемого) сообщения"
    r"|以下是[转轉][发發寄]的[邮郵]件|[开開]始[转轉][发發寄]的?[邮郵]件)\s?[:：]",
    re.IGNORECASE,
)
_FORWARD_END: Final = re.compile(
    r"-{2,40}\s{0,9}(?:end (?:of )?forwarded message|fin del mensaje reenviado"
    r"|(?:конец|завершение) пересылаемого сообщения)\s{0,9}-{2,40}",
    re.IGNORECASE,
)

_WIDE: Final = re.compile(r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60]")
_PROSE: Final = re.compile(
    r"[.!?…。！？]$|[我俺咱]|\b(?:I|me|my|yo|mi|mis|я|мне|меня|мной|мой|моя|мою)\b", re.IGNORECASE
)
_TAGLINE: Final = re.compile(
    r"(?:Sent from(?: my)?|Enviado desde(?: mi)?|[发發]自(?:我的)?"
    r"|Отправлено (?:с|из|от)(?: мое(?:го|й))?)\s?(?P<by>.{2,80})"
    r"|[从從自]我的\s?(?P<which>.{2,40}?)\s?(?:[传傳发發]送|寄出)",
    re.IGNORECASE,
)
_DEVICE: Final = re.compile(
    r"iphone|ipad|ipod|android|samsung|galaxy|huawei|honor|xiaomi|redmi|oppo|vivo|oneplus|nokia"
    r"|sony|xperia|motorola|moto|lg|htc|pixel|google|blackberry|windows|macbook|mac|outlook|yandex"
    r"|yahoo|proton|gmail|mail(?:\.ru)?|qq|ios|mobile|smartphone|phone|tablet|device|pro|max|plus"
    r"|ultra|\d+|\b(?:for|on|para|de|en|для|на)\b|móvil|celular|teléfono|tableta|dispositivo|correo"
    r"|мобильно(?:го|й)|телефона|смартфона|планшета|устройства|почты|яндекс[.а]?"
    r"|手机|手機|平板|电脑|電腦|华为|華為|小米|荣耀|红米|三星|苹果|网易|大师|邮箱|[邮郵]件|信箱"
    r"|<?https?://[^\s>]+>?",
    re.IGNORECASE,
)


class _Line(NamedTuple):
    start: int
    gap: str  # line ends and blank lines between the written line before and this one
    raw: str
    words: str  # without the blanks around


class _Header(NamedTuple):
    first: int
    last: int
    sure: bool  # if not, it counts only with ">" lines right below


def own_words(text: str) -> str:
    r"""Overwrite each code point of quotes and signatures with ``\n``, and change nothing else.

    Offsets into the result are offsets into the text; the time taken is linear in its length.
    """
    lines = _written_lines(text)
    cut = bytearray(len(lines))
    headed = _cut_headers(lines, cut)
    _cut_marked(lines, cut, headed)
    for passage in list(re.finditer(rb"\x00+", cut)):
        _cut_signature(lines, cut, passage.start(), passage.end())
        _cut_taglines(lines, cut, passage.start(), passage.end())
    return _overwrite(text, lines, cut)


def _written_lines(text: str) -> list[_Line]:
    lines = []
    end = 0
    for match in _LINE.finditer(text):
        raw = match[0]
        if words := raw.strip(_BLANK):
            start = match.start()
            lines.append(_Line(start, text[end:start], raw, words))
            end = match.end()
    return lines


def _overwrite(text: str, lines: list[_Line], cut: bytearray) -> str:
    """Blank each cut line up to where the next kept one begins."""
    parts = []
    position = 0
    cutting = False
    for line, gone in zip(lines, cut, strict=True):
        if bool(gone) != cutting:
            passed = text[position : line.start]
            parts.append("\n" * len(passed) if cutting else passed)
            position, cutting = line.start, not cutting
    rest = text[position:]
    parts.append("\n" * len(rest) if cutting else rest)
    return "".join(parts)


def _cut(cut: bytearray, first: int, stop: int) -> None:
    cut[first:stop] = b"\x01" * (stop - first)


def _cut_headers(lines: list[_Line], cut: bytearray) -> set[int]:
    """Cut the headers and the unmarked quotes below them; give the line right below each."""
    headed = set()
    done = 0
    headers = list(_headers(lines))
    ends = _quote_ends(lines) if headers else []
    for first, last, sure in headers:
        end = ends[last + 1]
        marked = end < len(lines) and _is_marked(lines[end])
        if sure or (marked and end == last + 1 and lines[end].gap in _NEARBY):
            headed.add(last + 1)
            stop = last + 1 if marked else min(end + 1, len(lines))
            if stop > done:
                _cut(cut, max(first, done), stop)
                done = stop
    return headed


def _quote_ends(lines: list[_Line]) -> list[int]:
    """For each line, where the next ``>`` or end-of-forward line is, from itself on."""
    ends = [len(lines)] * (len(lines) + 1)
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        ended = _is_marked(line) or _FORWARD_END.fullmatch(line.words[:HEADER_CHARS])
        ends[index] = index if ended else ends[index + 1]
    return ends


def _cut_marked(lines: list[_Line], cut: bytearray, headed: set[int]) -> None:
    """Cut the runs of ``>`` lines; one of comparisons alone only when a header announces it."""
    index = 0
    while index < len(lines):
        first = index
        sure = first in headed
        while (
            index < len(lines) and _is_marked(lines[index]) and not _FACE.match(lines[index].words)
        ):
            if index > first and lines[index].gap not in _NEXT_LINE:
                break
            sure = sure or not _COMPARISON.match(lines[index].words)
            index += 1
        if sure:
            _cut(cut, first, index)
        index = max(index, first + 1)


def _is_marked(line: _Line) -> bool:
    return line.words[0] == ">"


def _headers(lines: list[_Line]) -> Iterator[_Header]:
    for index, line in enumerate(lines):
        words = line.words
        header = None
        if _is_marked(line) or len(words) > HEADER_CHARS:
            continue
        if (words[-1] in ":：" or words[:2] == "--") and _DIVIDER.fullmatch(words):
            header = _Header(index, index, sure=True)
        elif words[-1] in ":：" and (_WROTE.search(words) or _MAIL_ENDS.search(words)):
            header = _attribution(lines, index)
        elif _FROM.match(words):
            header = _field_block(lines, index)
        if header:
            yield header


def _attribution(lines: list[_Line], last: int) -> _Header | None:
    """Find the attribution that ends on the line: the shortest that begins as a client's does."""
    wraps = [lines[last].words]
    while len(wraps) < min(HEADER_LINES, last + 1):
        above = lines[last - len(wraps)]
        if lines[last - len(wraps) + 1].gap not in _NEXT_LINE or _is_marked(above):
            break
        if len(above.words) + len(wraps[-1]) >= HEADER_CHARS:
            break
        wraps.append(f"{above.words} {wraps[-1]}")
    for number, words in enumerate(wraps):
        sure = _dated(words, wrapped=number > 0)
        if sure is not None:
            return _Header(last - number, last, sure)
    for number, words in enumerate(wraps):
        if _named(words):
            return _Header(last - number, last, sure=True)
    return None


def _dated(words: str, *, wrapped: bool) -> bool | None:
    """Whether "On <date>, <name> wrote:" is surely a client's; None if it has not that form."""
    lead = _LEAD.match(words)
    year = lead and _YEAR.search(words, lead.end(), lead.end() + 40)
    if not lead or not year:
        return None
    wrote = _WROTE.search(words)
    body = words[: wrote.start()] if wrote else words
    clock = _CLOCK.search(body, lead.end(), lead.end() + 70)
    mail = _MAIL.search(body)
    name = _MAIL.sub("", body[(clock or year).end() :])
    if not _is_name(name, strict=wrapped or not mail) or not (wrote or (clock and mail)):
        return None
    return bool(clock or mail)


def _named(words: str) -> bool:
    """Whether it is "<name> <address> wrote:", with at most a date between."""
    mail = _MAIL.search(words)
    wrote = _WROTE.search(words)
    if not mail or not wrote:
        return False
    between = words[mail.end() : wrote.start()].strip(" <>()[]'\",，")
    dated = _YEAR.search(between) and _is_name(between, strict=True)
    return _is_name(words[: mail.start()], strict=True) and bool(dated or not between)


def _is_name(words: str, *, strict: bool) -> bool:
    """Whether this may be a name with the rest of a date, and is no sentence."""
    if len(words) > NAME_CHARS or _ABOUT_SOMEBODY.search(words):
        return False
    return not strict or _PARTICLES.issuperset(_LOWER_WORD.findall(words))


def _field_block(lines: list[_Line], first: int) -> _Header | None:
    """Find the From/Sent/To/Subject block that begins here, on one line or one line each.

    A farewell letter may be headed "De: ... Para: ... Fecha: ...", but has no time or address.
    """
    stop = first + 1
    for line in lines[stop : first + FIELD_LINES]:
        if line.gap not in _NEARBY or not _ANY_FIELD.match(line.words):
            break
        stop += 1
    block = "\n".join(line.words[:HEADER_CHARS] for line in lines[first:stop])
    addressed = _MAIL.search(lines[first].words) and _DATE.search(block)
    sure = (addressed or _SENT.search(block) or _DATE_AND_TIME.search(block)) and _TO.search(block)
    return _Header(first, stop - 1, sure=True) if sure else None


def _cut_signature(lines: list[_Line], cut: bytearray, first: int, stop: int) -> None:
    """Cut a passage from its delimiter on; several delimiters are the writer's own dividers."""
    delimiters = [i for i in range(first, stop) if lines[i].raw in ("--", "-- ", "--\xa0")]
    if len(delimiters) != 1:
        return
    (delimiter,) = delimiters
    below = (lines[i].words for i in range(delimiter + 1, stop))
    block = list(islice((words for words in below if not _is_tagline(words)), SIGNATURE_LINES + 1))
    # Clients write "-- ". People type "--", so below that a sentence keeps the block.
    typed = lines[delimiter].raw == "--"
    prose = any(_columns(w) > SIGNATURE_COLUMNS or (typed and _PROSE.search(w)) for w in block)
    if len(block) <= SIGNATURE_LINES and not prose:
        _cut(cut, delimiter, stop)


def _cut_taglines(lines: list[_Line], cut: bytearray, first: int, stop: int) -> None:
    below = 0
    for index in range(stop - 1, first - 1, -1):
        if below > LINES_BELOW_TAGLINE:
            return
        if _is_tagline(lines[index].words):
            cut[index] = 1
        else:
            below += not cut[index]


def _is_tagline(words: str) -> bool:
    """Whether the line is "Sent from my <device>" and names nothing but devices and programs."""
    match = _TAGLINE.fullmatch(words) if len(words) < HEADER_CHARS else None
    return match is not None and not _DEVICE.sub("", match["by"] or match["which"]).strip(" .,，。")


def _columns(words: str) -> int:
    return len(words) + len(_WIDE.findall(words))
