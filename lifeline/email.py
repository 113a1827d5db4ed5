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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE_LINES: Final = 10  # more lines than this under a delimiter are a letter, no signature
SIGNATURE_COLUMNS: Final = 60  # a longer line is prose; a wide character takes two columns
LINES_BELOW_TAGLINE: Final = 3  # how near the end "Sent from ..." must stand
HEADER_CHARS: Final = 300  # no client's attribution is longer; this also bounds all matching
HEADER_LINES: Final = 3  # lines an attribution may be wrapped over
FIELD_LINES: Final = 8  # lines of a From/Sent/To/Subject block
NAME_CHARS: Final = 60  # a longer name in an attribution is a sentence,
NAME_WORDS: Final = 8  # and so is one of more words

_LINE_OR_GAP: Final = re.compile(r"[^\r\n]+|[\r\n]+")
# White space, and the invisible marks that clients put at the start of a line.
_BLANK: Final = " \t\r\n\v\f\xa0\u3000" + "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u2067\u2069"
_NEXT_LINE: Final = frozenset({"\n", "\r", "\r\n"})
_NEARBY: Final = _NEXT_LINE | {"\n\n", "\r\r", "\r\n\r\n"}

# Faces, which begin like quotes: >_<  > <  >///<  >皿<  >_>  >:(   but not "> <name@host>".
_FACE: Final = re.compile(
    r">(?:[^\s<>]{0,8}<|[_.,~^-]{1,4}>| ?[^\sA-Za-z0-9<>]{0,4} ?<(?![!-;=?-~]+>)"
    r"|[:;=：]['’^o-]{0,2}[()\[\]{}|/\\@#*DPOo3cC（）]|D:)"
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
_WORD: Final = re.compile(r"[^\W\d_]+")
# What names and times have in lower case; any other such word is a sentence's.
_PARTICLES: Final = frozenset(
    ["a", "AM", "am", "at", "da", "de", "del", "der", "h", "la", "m", "p", "PM", "pm", "van", "von"]
).union("вгy", ["от"])
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
_FIELD_BELOW: Final = _field(f"{_SENT_NAMES}|{_DATE_NAMES}|{_TO_NAMES}|C[cC]|Копия|抄送|副本")
_FROM_INITIALS: Final = "*FDО发發寄"

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
    r"(?:Sent from(?: my)?|Enviado desde(?: mi)?|[发發来來]自(?:我的)?"
    r"|Отправлено (?:с|из|от)(?: мое(?:го|й))?)\s?(?P<by>.{2,80})"
    r"|[从從自]我的\s?(?P<which>.{2,40}?)\s?(?:[传傳发發]送|寄出)",
    re.IGNORECASE,
)
_DEVICE: Final = re.compile(
    r"iphone|ipad|ipod|android|samsung|galaxy|huawei|honor|xiaomi|redmi|oppo|vivo|oneplus|nokia"
    r"|sony|xperia|motorola|moto|lg|htc|pixel|google|blackberry|windows|macbook|mac|outlook|yandex"
    r"|yahoo|proton|gmail|mail(?:\.ru)?|qq|ios|mobile|smartphone|phone|tablet|device|pro|max|plus"
    r"|ultra|\b[a-z]{0,2}\d{1,5}[a-z+]?|\b(?:for|on|para|de|en|для|на)\b|móvil|celular|teléfono"
    r"|tableta|dispositivo|correo|мобильно(?:го|й)|телефона|смартфона|планшета|устройства|почты|яндекс[.а]?"
    r"|手机|手機|平板|电脑|電腦|华为|華為|小米|荣耀|红米|三星|苹果|网易|大师|邮箱|[邮郵]件|信箱"
    r"|<?https?://[^\s>]+>?",
    re.IGNORECASE,
)


class _Header(NamedTuple):
    first: int
    last: int
    sure: bool  # if not, it counts only with ">" lines right below


@dataclass(frozen=True, slots=True)
class _Body:
    """A text in lines; only those on which something is written are numbered."""

    tokens: list[str]  # lines and the line ends between them, in turn
    places: list[int]  # of each written line among the tokens
    words: list[str]  # of each written line, without the blanks around

    @classmethod
    def of(cls, text: str) -> _Body:
        tokens = _LINE_OR_GAP.findall(text)
        words = [token.strip(_BLANK) for token in tokens]
        places = [place for place, written in enumerate(words) if written]
        return cls(tokens, places, [words[place] for place in places])

    def follows(self, line: int, gaps: frozenset[str]) -> bool:
        """Whether one of the gaps, and nothing else, parts this line from the one before."""
        place = self.places[line]
        return self.places[line - 1] == place - 2 and self.tokens[place - 1] in gaps

    def is_marked(self, line: int) -> bool:
        return line < len(self.words) and self.words[line][0] == ">"


def own_words(text: str) -> str:
    r"""Overwrite each code point of quotes and signatures with ``\n``, and change nothing else.

    Lines go whole, with their line ends and the empty lines below them. Offsets into the result are
    offsets into the text; the time taken is linear in its length.
    """
    body = _Body.of(text)
    cut = bytearray(len(body.words))
    headed = _cut_headers(body, cut)
    _cut_marked(body, cut, headed)
    for passage in list(re.finditer(rb"\x00+", cut)):
        _cut_signature(body, cut, *passage.span())
        _cut_taglines(body, cut, *passage.span())
    return _overwrite(body, cut)


def _overwrite(body: _Body, cut: bytearray) -> str:
    """Blank each run of cut lines up to where the next kept one begins."""
    tokens = body.tokens.copy()
    for run in re.finditer(rb"\x01+", cut):
        first = body.places[run.start()]
        stop = body.places[run.end()] if run.end() < len(cut) else len(tokens)
        tokens[first:stop] = ["\n" * len(token) for token in tokens[first:stop]]
    return "".join(tokens)


def _cut(cut: bytearray, first: int, stop: int) -> None:
    cut[first:stop] = b"\x01" * (stop - first)


def _cut_headers(body: _Body, cut: bytearray) -> set[int]:
    """Cut the headers and the unmarked quotes below them; give the line right below each."""
    headed = set()
    done = 0
    headers = list(_headers(body))
    ends = _quote_ends(body) if headers else []
    for first, last, sure in headers:
        end = ends[last + 1]
        marked = body.is_marked(end)
        if sure or (marked and end == last + 1 and body.follows(end, _NEARBY)):
            headed.add(last + 1)
            stop = last + 1 if marked else min(end + 1, len(cut))
            if stop > done:
                _cut(cut, first, stop)
                done = stop
    return headed


def _quote_ends(body: _Body) -> list[int]:
    """For each line, where the next ``>`` or end-of-forward line is, from itself on."""
    ends = [len(body.words)] * (len(body.words) + 1)
    for line in range(len(body.words) - 1, -1, -1):
        words = body.words[line]
        ended = words[0] == ">" or (words[0] == "-" and _FORWARD_END.fullmatch(words))
        ends[line] = line if ended else ends[line + 1]
    return ends


def _cut_marked(body: _Body, cut: bytearray, headed: set[int]) -> None:
    """Cut ``>`` lines; a comparison only below a header or beside a ``>`` line that is cut."""
    doubtful = []
    for line, words in enumerate(body.words):
        if words[0] == ">" and not _FACE.match(words):
            if line in headed or not _COMPARISON.match(words):
                cut[line] = 1
            else:
                doubtful.append(line)
    for line in doubtful:
        if cut[line - 1] and body.is_marked(line - 1) and body.follows(line, _NEXT_LINE):
            cut[line] = 1
    for line in reversed(doubtful):
        if body.is_marked(line + 1) and cut[line + 1] and body.follows(line + 1, _NEXT_LINE):
            cut[line] = 1


def _headers(body: _Body) -> Iterator[_Header]:
    for line, words in enumerate(body.words):
        header = None
        if len(words) > HEADER_CHARS:
            continue
        if words[-1] in ":：" or words[0] == "-":
            if _DIVIDER.fullmatch(words):
                header = _Header(line, line, sure=True)
            elif words[0] != ">" and ((wrote := _WROTE.search(words)) or _MAIL_ENDS.search(words)):
                header = _attribution(body, line, words[: wrote.start()] if wrote else words)
        if not header and words[0] in _FROM_INITIALS and _FROM.match(words):
            header = _field_block(body, line)
        if header:
            yield header


def _attribution(body: _Body, last: int, before_verb: str) -> _Header | None:
    """Find the attribution that ends on the line: the shortest that begins as a client's does."""
    wraps = [before_verb]
    for line in range(last, max(last - HEADER_LINES + 1, 0), -1):
        above = body.words[line - 1]
        too_long = len(above) + len(wraps[-1]) >= HEADER_CHARS
        if too_long or above[0] == ">" or not body.follows(line, _NEXT_LINE):
            break
        wraps.append(f"{above} {wraps[-1]}")
    if "@" not in wraps[-1] and not _YEAR.search(wraps[-1]):
        return None
    has_verb = before_verb != body.words[last]
    for number, words in enumerate(wraps):
        sure = _dated(words, has_verb=has_verb, wrapped=number > 0)
        if sure is not None:
            return _Header(last - number, last, sure)
    for number, words in enumerate(wraps):
        if has_verb and _named(words):
            return _Header(last - number, last, sure=True)
    return None


def _dated(words: str, *, has_verb: bool, wrapped: bool) -> bool | None:
    """Whether "On <date>, <name>" is surely a client's; None if it has not that form."""
    lead = _LEAD.match(words)
    year = lead and _YEAR.search(words, lead.end(), lead.end() + 40)
    if not lead or not year:
        return None
    clock = _CLOCK.search(words, lead.end(), lead.end() + 70)
    mail = _MAIL.search(words)
    name = _MAIL.sub("", words[(clock or year).end() :])
    if not mail and not re.search("[,，]", name):  # clients part date and name
        return None
    # Beside an address a name may be in lower case; across lines it has to begin like one.
    capitals = NAME_WORDS if not mail else 1 if wrapped else 0
    if not _is_name(name, capitals) or not (has_verb or (clock and mail)):
        return None
    return bool(clock or mail)


def _named(words: str) -> bool:
    """Whether it is "<name> <address>", with at most a date behind."""
    mail = _MAIL.search(words)
    if not mail:
        return False
    behind = words[mail.end() :].strip(" <>()[]'\",，")
    dated = _YEAR.search(behind) and _is_name(behind, NAME_WORDS)
    return _is_name(words[: mail.start()], NAME_WORDS) and bool(dated or not behind)


def _is_name(words: str, capitals: int) -> bool:
    """Whether this may be a name with the rest of a date: so many words of it not in lower case."""
    if len(words) > NAME_CHARS or _ABOUT_SOMEBODY.search(words):
        return False
    name = [word for word in _WORD.findall(words) if word not in _PARTICLES]
    return len(name) <= NAME_WORDS and not any(word[0].islower() for word in name[:capitals])


def _field_block(body: _Body, first: int) -> _Header | None:
    """Find the From/Sent/To/Subject block that begins here, on one line or one line each.

    A farewell letter may be headed "De: ... Para: ... Fecha: ...", but has no time or address.
    """
    stop = first + 1
    while stop < min(first + FIELD_LINES, len(body.words)):
        if not body.follows(stop, _NEARBY) or not _FIELD_BELOW.match(body.words[stop]):
            break
        stop += 1
    block = "\n".join(words[:HEADER_CHARS] for words in body.words[first:stop])
    addressed = _MAIL.search(body.words[first]) and _DATE.search(block)
    dated = addressed or _SENT.search(block) or _DATE_AND_TIME.search(block)
    return _Header(first, stop - 1, sure=True) if dated and _TO.search(block) else None


def _cut_signature(body: _Body, cut: bytearray, first: int, stop: int) -> None:
    """Cut a passage from its delimiter on; several delimiters are the writer's own dividers."""
    delimiters = [line for line in range(first, stop) if body.words[line] == "--"]
    raw = body.tokens[body.places[delimiters[0]]] if len(delimiters) == 1 else ""
    if raw not in ("--", "-- ", "--\xa0"):
        return
    # Clients write "-- ". People type "--", and they type below their signature and an empty line;
    # what they may have typed is theirs if it speaks like a person.
    typed = raw == "--"
    size = 0
    for line in range(delimiters[0] + 1, stop):
        words = body.words[line]
        if _is_tagline(words):
            continue
        size += 1
        typed = typed or not body.follows(line, _NEXT_LINE)
        if size > SIGNATURE_LINES or _is_long(words) or (typed and _PROSE.search(words)):
            return
    _cut(cut, delimiters[0], stop)


def _cut_taglines(body: _Body, cut: bytearray, first: int, stop: int) -> None:
    below = 0
    for line in range(stop - 1, first - 1, -1):
        if below > LINES_BELOW_TAGLINE:
            return
        if _is_tagline(body.words[line]):
            cut[line] = 1
        else:
            below += not cut[line]


def _is_tagline(words: str) -> bool:
    """Whether the line is "Sent from my <device>" and names nothing but devices and programs."""
    match = _TAGLINE.fullmatch(words)
    return match is not None and not _DEVICE.sub("", match["by"] or match["which"]).strip(" .,，。")


def _is_long(words: str) -> bool:
    return len(words) + len(_WIDE.findall(words)) > SIGNATURE_COLUMNS
