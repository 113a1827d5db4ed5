from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lifeline.email import own_words

MEGABYTE = 1_000_000

OWN = "I can't go on like this."
QUOTE = "Thank you for writing to us.\n\nWe are here for you, day and night."
MARKED = "> Thank you for writing to us.\n>\n> We are here for you, day and night."


def kept(text: str) -> list[str]:
    """Give the written lines that survive, for tests that don't count newlines."""
    return [line for line in own_words(text).splitlines() if line.strip()]


# Attributions, as clients write them.

ENGLISH = [
    pytest.param("On Mon, May 4, 2026 at 10:12 AM Care Team <care@example.org> wrote:", id="gmail"),
    pytest.param(
        "On Mon, May 4, 2026 at 10:12 AM Customer Care of the Northern Store\n"
        "<care@example.org> wrote:",
        id="gmail, wrapped",
    ),
    pytest.param(
        "On Mon, May 4, 2026 at 10:12 AM Customer Care of the\n"
        "Northern Store <care@example.org>\nwrote:",
        id="gmail, wrapped twice",
    ),
    pytest.param(
        "On May 4, 2026, at 10:12 AM, Care Team <care@example.org> wrote:", id="apple mail"
    ),
    pytest.param("On 04/05/2026 10:12, Care Team wrote:", id="thunderbird"),
    pytest.param("On 5/4/26 10:12 AM, Care Team wrote:", id="thunderbird, american"),
    pytest.param(
        "On Monday, May 4, 2026 at 10:12:05 AM GMT+2, Care Team <care@example.org> wrote:",
        id="yahoo",
    ),
    pytest.param(
        "On Monday, May 4th, 2026 at 10:12 AM, anna <anna@example.org> wrote:", id="proton"
    ),
    pytest.param("On Mon, May 04, 2026 at 10:12:05AM +0200, Anna van Dyk wrote:", id="mutt"),
    pytest.param('At 2026-05-04 10:12:05, "Care" <care@example.org> wrote:', id="netease, english"),
    pytest.param("Care Team <care@example.org> writes:", id="gnus"),
    pytest.param("care@example.org wrote:", id="bare address"),
    pytest.param("-----Original Message-----", id="outlook express"),
    pytest.param("-------- Original message --------", id="samsung"),
    pytest.param("------------------ Original ------------------", id="qq, english"),
    pytest.param("---------- Forwarded message ---------", id="gmail forward"),
    pytest.param("----- Forwarded message from Care <care@example.org> -----", id="mutt forward"),
    pytest.param("Begin forwarded message:", id="apple forward"),
    pytest.param(
        "From: Care Team <care@example.org>\nSent: Monday, May 4, 2026 10:12 AM\n"
        "To: Ann Lee\nCc: Help\nSubject: Re: parcel",
        id="outlook",
    ),
    pytest.param(
        "From: Care Team Sent: Monday, May 4, 2026 10:12 AM To: Ann Lee Subject: Re: parcel",
        id="outlook, on one line",
    ),
    pytest.param(
        "*From:* Care Team\n*Date:* Monday, May 4, 2026 at 10:12\n*To:* Ann Lee\n*Subject:* Re: hi",
        id="outlook for mac, bold",
    ),
    pytest.param(
        "From: Care Team <care@example.org>\n\nDate: 4 May 2026\n\nTo: Ann Lee\n\nSubject: parcel",
        id="fields parted by empty lines",
    ),
]

CHINESE_SIMPLIFIED = [
    pytest.param("客服 <care@example.org> 于2026年5月4日周一 10:12写道：", id="gmail"),
    pytest.param("客服 <care@example.org> 于2026年5月4日周一\n10:12写道：", id="gmail, wrapped"),
    pytest.param("在 2026年5月4日，10:12，客服 <care@example.org> 写道：", id="apple mail"),
    pytest.param("在 2026/5/4 10:12, 客服 写道:", id="thunderbird"),
    pytest.param('在 2026-05-04 10:12:05，"客服" <care@example.org> 写道：', id="netease"),
    pytest.param("于2026年5月4日 10点12分，客服写道：", id="clock in words"),
    pytest.param("------------------ 原始邮件 ------------------", id="qq"),
    pytest.param("------------------\xa0原始邮件\xa0------------------", id="qq, hard blanks"),
    pytest.param("-----原始邮件-----", id="netease, old"),
    pytest.param("---- 回复的原邮件 ----", id="netease, phone"),
    pytest.param("-------- 转发邮件信息 --------", id="netease forward"),
    pytest.param("以下是转发的邮件：", id="apple forward"),
    pytest.param(
        '发件人: "客服" <care@example.org>;\n发送时间: 2026年5月4日(星期一) 上午10:12\n'
        '收件人: "李四" <li@example.org>;\n主题: 回复：订单',
        id="qq fields",
    ),
    pytest.param(
        "发件人：客服\n日期：2026年5月4日 10:12\n收件人：李四\n主题：订单", id="wide colons"
    ),
    pytest.param(
        "发件人: 客服 发送时间: 2026年5月4日 10:12 收件人: 李四 主题: 订单", id="one line"
    ),
]

CHINESE_TRADITIONAL = [
    pytest.param("客服 <care@example.org> 於 2026年5月4日 週一 上午10:12 寫道：", id="gmail"),
    pytest.param("客服 <care@example.org> 於 2026年5月4日 上午10:12 寫道：", id="apple mail"),
    pytest.param("於 2026/5/4 10:12, 客服 寫道:", id="thunderbird"),
    pytest.param(
        "於 2026年5月4日 星期一 上午10:12:05 [GMT+8]， 客服<care@example.org> 寫道：", id="yahoo"
    ),
    pytest.param("-----原始郵件-----", id="outlook express"),
    pytest.param("開始轉寄郵件：", id="apple forward"),
    pytest.param(
        "寄件者: 客服\n傳送時間: 2026年5月4日 上午 10:12\n收件者: 李四\n主旨: 訂單", id="outlook"
    ),
    pytest.param(
        "寄件人: 客服\n寄件日期: 2026年5月4日 上午 10:12\n收件人: 李四\n主題: 訂單",
        id="outlook, hk",
    ),
    pytest.param(
        "寄件者： 客服 <care@example.org>\nDate: 2026年5月4日 週一 上午10:12\n"
        "Subject: 訂單\nTo: <li@example.org>",
        id="gmail forward, half translated",
    ),
]

SPANISH = [
    pytest.param(
        "El lun, 4 may 2026 a las 10:12, Atención (<care@example.org>) escribió:", id="gmail"
    ),
    pytest.param(
        "El lun, 4 may 2026 a la(s) 10:12 a. m., Atención al Cliente de la Tienda\n"
        "(<care@example.org>) escribió:",
        id="gmail, american, wrapped",
    ),
    pytest.param(
        "El 4 may 2026, a las 10:12, Atención <care@example.org> escribió:", id="apple mail"
    ),
    pytest.param("El 4/5/26 a las 10:12, Ana de la Torre escribió:", id="thunderbird"),
    pytest.param(
        "En lunes, 4 de mayo de 2026, 10:12:05 CEST, Atención <care@example.org> escribió:",
        id="yahoo",
    ),
    pytest.param("-----Mensaje original-----", id="outlook express"),
    pytest.param("-------- Mensaje reenviado --------", id="thunderbird forward"),
    pytest.param("Inicio del mensaje reenviado:", id="apple forward"),
    pytest.param(
        "De: Atención\nEnviado: lunes, 4 de mayo de 2026 10:12\nPara: Ana\nAsunto: pedido",
        id="outlook",
    ),
    pytest.param(
        "De: Atención\nEnviado el: lunes, 4 de mayo de 2026 10:12\nPara: Ana\nAsunto: pedido",
        id="outlook, desktop",
    ),
    pytest.param(
        "De: Atención\nFecha: lunes, 4 de mayo de 2026, 10:12\nPara: Ana\nAsunto: pedido", id="mac"
    ),
]

RUSSIAN = [
    pytest.param("пн, 4 мая 2026 г. в 10:12, Служба заботы <care@example.org>:", id="gmail"),
    pytest.param(
        "пн, 4 мая 2026 г. в 10:12, Служба заботы\n<care@example.org>:", id="gmail, wrapped"
    ),
    pytest.param(
        "4 мая 2026 г., в 10:12, Служба Заботы <care@example.org> написал(а):", id="apple mail"
    ),
    pytest.param("04.05.2026 10:12, Анна Белова пишет:", id="thunderbird"),
    pytest.param('04.05.2026, 10:12, "Анна Белова" <anna@example.org>:', id="yandex"),
    pytest.param(
        "Понедельник, 4 мая 2026, 10:12 +03:00 от Анна Белова <anna@example.org>:", id="mail.ru"
    ),
    pytest.param("-----Исходное сообщение-----", id="outlook express"),
    pytest.param("-------- Перенаправленное сообщение --------", id="thunderbird forward"),
    pytest.param("Начало переадресованного сообщения:", id="apple forward"),
    pytest.param(
        "От: Служба заботы\nОтправлено: 4 мая 2026 г. 10:12\nКому: Анна\nТема: заказ", id="outlook"
    ),
    pytest.param("От: Служба заботы\nДата: 4 мая 2026, 10:12\nКому: Анна\nТема: заказ", id="mac"),
]

HEADERS = ENGLISH + CHINESE_SIMPLIFIED + CHINESE_TRADITIONAL + SPANISH + RUSSIAN


@pytest.mark.parametrize("header", HEADERS)
def test_quote_below_header(header: str) -> None:
    """What follows a client's header is blanked to the end, header and all."""
    before = f"{OWN}\n\n"
    text = f"{before}{header}\n\n{QUOTE}\n"

    assert before + "\n" * (len(text) - len(before)) == own_words(text)


@pytest.mark.parametrize("header", HEADERS)
def test_answer_below_marked_quote(header: str) -> None:
    """A quote marked with ">" ends where its marks end: the answer below it stays."""
    assert [OWN] == kept(f"{header}\n{MARKED}\n\n{OWN}\n")


@pytest.mark.parametrize("header", HEADERS)
def test_answers_between_marked_quotes(header: str) -> None:
    """Answers written between the lines of a marked quote stay, and so does what stands above."""
    text = f"Hello,\n{header}\n\n> Are you safe?\nNo.\n> Is somebody with you?\n\n{OWN}"

    assert ["Hello,", "No.", OWN] == kept(text)


@pytest.mark.parametrize("header", HEADERS)
def test_only_a_quote(header: str) -> None:
    """A mail in which its sender wrote nothing has no words of its own."""
    assert [] == kept(f"{header}\n{QUOTE}")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("header", HEADERS)
def test_line_ends(header: str, end: str) -> None:
    """The three ways to end a line are read alike."""
    text = f"{OWN}\n\n{header}\n\n{QUOTE}\n".replace("\n", end)

    assert [OWN] == kept(text)


@pytest.mark.parametrize(
    "prose",
    [
        "On Monday my husband wrote:",
        "On Monday my husband wrote: I am leaving you.",
        "On Monday at 10:30 John wrote:",
        "On 5 May 2026 my husband wrote:",
        "On 5 May 2026 at 10:30 my husband wrote:",
        "On 5 May 2026, John wrote:",
        "On 5 May 2026 at 10:30 John wrote:",
        "On 5 May 2026, at 10:30, he wrote:",
        "On 5 May 2026 at 10:30, two days after the accident, John wrote:",
        "On 5 May 2026 at 10:30 I found out what Bob <bob@example.org> wrote:",
        "My boss bob@example.org wrote:",
        "On 5 May 2026 at 10:30 it was up to us to do as Bo <b@x.org> wrote:",
        "2026年5月4日 10:12，" + "雨下了整整一夜" * 9 + "<b@x.org> 写道：",
        "Bob <bob@example.org> often wrote:",
        "In the end she wrote:",
        "昨天他写道：",
        "昨天他写道：你去死吧",
        "昨天22:30小明写道：",
        "2026年5月4日 10:12，他写道：",
        "在2026年5月4日的日记里我写道：",
        "昨天他寫道：",
        "El lunes mi marido escribió:",
        "El lunes a las 10:30 Juan escribió:",
        "El 5 de mayo de 2026 a las 10:30 mi marido escribió:",
        "Вчера в 22:30 он написал:",
        "Андрей пишет:",
        "05.05.2026 в 22:30 он мне написал:",
        "Пишите на <anna@example.org>:",
        "Анна Белова <anna@example.org>:",
        "5.05.2026 ушло письмо на <anna@example.org>:",
        "From: a friend",
        "Subject: me",
        "发件人：不知道",
        "Begin forwarded message: no",
        "----- original -----?",
        "-----",
    ],
)
def test_prose_like_a_header(prose: str) -> None:
    """A sentence that only resembles a client's header cuts nothing."""
    text = f"{prose}\nAnd since then I want to die.\n{OWN}"

    assert text == own_words(text)


@pytest.mark.parametrize(
    "letter",
    [
        "De: Ana\nPara: mis padres\nFecha: 5 de mayo de 2026\nAsunto: adiós",
        "From: Ann\nTo: everyone\nDate: today\nSubject: goodbye",
        "From: Ann <ann@example.org>\nDate: 5 May 2026 10:30",
        "От: меня\nКому: маме\nДата: 5 мая 2026\nТема: прости",
        "发件人：我\n收件人：妈妈\n日期：2026年5月5日\n主题：对不起",
    ],
)
def test_farewell_letter(letter: str) -> None:
    """A letter headed by hand lacks what a client puts there, and is the writer's own."""
    text = f"{letter}\n\n{OWN}"

    assert text == own_words(text)


def test_sentence_above_wrapped_header() -> None:
    """A sentence right above a header is not taken for its first line."""
    own = "El 5/5/2026 a las 10:00 intenté dejarlo todo"

    assert [own] == kept(f"{own}\nAna <ana@example.org> escribió:\n\nHola.")


def test_date_without_time_above_marks() -> None:
    """A dated line without time or address is a header only with ">" lines right below."""
    assert [OWN] == kept(f"On Mon, 4 May 2026, Ann Lee wrote:\n> Are you safe?\n{OWN}")


@pytest.mark.parametrize("between", ["no quote", "\n"])
def test_date_without_time_apart_from_marks(between: str) -> None:
    """A dated line without time or address stays when the ">" lines are not right below."""
    line = "On Mon, 4 May 2026, Ann Lee wrote:"

    assert line in kept(f"{line}\n{between}\n> Are you safe?\n{OWN}")


@pytest.mark.parametrize(
    "quote", ["> Care Team <care@example.org> wrote:", "> Care Team <care@example.org>\nwrote:"]
)
def test_header_inside_a_quote(quote: str) -> None:
    """An attribution that is itself quoted introduces nothing."""
    assert OWN in kept(f"{quote}\n{OWN}")


def test_field_like_answer() -> None:
    """An answer below a block of fields stays even if it looks like one more field."""
    fields = "From: Care\nSent: 4 May 2026 10:12\nTo: Ann\nSubject: parcel"

    assert ["Answer: I want to die"] == kept(f"{fields}\nAnswer: I want to die\n> Are you safe?")


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (
            "----- Forwarded message from Bo <bo@example.org> -----",
            "----- End forwarded message -----",
        ),
        (
            "-------- Пересылаемое сообщение --------",
            "-------- Завершение пересылаемого сообщения --------",
        ),
        (
            "-------- Пересылаемое сообщение--------",
            "-------- Конец пересылаемого сообщения --------",
        ),
    ],
)
def test_words_below_a_forward(begin: str, end: str) -> None:
    """What is written below a client's end-of-forward line stays."""
    assert ["See this:", OWN] == kept(f"See this:\n{begin}\n{QUOTE}\n{end}\n\n{OWN}")


# Lines marked with ">".


@pytest.mark.parametrize(
    "line",
    [
        "> I will hurt myself",
        ">I will hurt myself",
        ">",
        "> > twice quoted",
        ">> twice quoted",
        "  > after blanks",
        "\t> after a tab",
        "\u3000> 全角空格之后",
        "\u200f> after a right-to-left mark",
        "\ufeff> after a byte order mark",
        "> <care@example.org> wrote",
        "> <https://example.org/help>",
        "> :) and more\n> text",
        "> 5 parcels\n> have arrived",
        "> we sent\n> 5 parcels\n> 6 letters",
    ],
)
def test_marked_line(line: str) -> None:
    """A line that begins with ">" is a quote, whatever blanks stand before it."""
    assert ["before", "after"] == kept(f"before\n{line}\nafter")


@pytest.mark.parametrize(
    "line",
    [
        ">_< 我不想活了",
        ">_<我不想活了",
        "> < 我不想活了",
        "> _ < 我不想活了",
        "><我不想活了",
        ">.< i want to die",
        ">///< 想死",
        ">﹏< 不想活了",
        ">皿< 我恨自己",
        ">o< хочу умереть",
        ">_> nobody cares",
        ">:( no quiero vivir",
        ">:-( no quiero vivir",
        ">:'( no quiero vivir",
        ">D: no quiero vivir",
        "  >_< 我不想活了",
        ">_< 5>3 <b> 我不想活了",
        "> < 我不想活了 >_<",
    ],
)
def test_face(line: str) -> None:
    """A face at the start of a line is no quote mark, not even right below a quote."""
    text = f"before\n{line}\nafter"

    assert text == own_words(text)
    assert [line] == kept(f"> quoted\n{line}\n> quoted")


@pytest.mark.parametrize(
    "line",
    [">5 days without sleep", "> 5 days without sleep", ">=3 times", "> :( I am so tired", ">50片"],
)
def test_lone_comparison(line: str) -> None:
    """A lone line that may mean "more than" stays."""
    text = f"before\n{line}\nafter"

    assert text == own_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "> quoted\n\n> 5 days without sleep",
        "> 5 days without sleep\n\n> quoted",
        "> 5 days without sleep\nOn 04/05/2026 10:12, Care wrote:\n> quoted",
        "-----Original Message-----\nHello\n-- End forwarded message --\n> 5 days without sleep",
    ],
)
def test_comparison_near_a_quote(text: str) -> None:
    """Only a ">" line right above or below makes a quote of a comparison."""
    assert ["> 5 days without sleep"] == kept(text)


def test_announced_comparison() -> None:
    """Below a client's header even such a line is a quote."""
    assert [OWN] == kept(f"On 04/05/2026 10:12, Care wrote:\n\n> 5 parcels\n\n{OWN}")


@pytest.mark.parametrize(
    "text",
    [
        "I am worth > nothing",
        "pain -> sleep",
        "-> I want to die",
        "＞我不想活了",
        "》我不想活了",
        "&gt; escaped",
        "| barred",
        "a\x0b> no new line",
        "a\u2028> no new line",
    ],
)
def test_no_mark(text: str) -> None:
    """Only a ">" at the start of a line is a mark; inside the line or full-width it is not."""
    assert text == own_words(text)


# Signatures.


@pytest.mark.parametrize("delimiter", ["--", "-- ", "--\xa0"])
@pytest.mark.parametrize(
    "block",
    [
        "Ann Lee",
        "Ann Lee\nNorthern Store, Returns\n+00 000 0000\nwww.example.org",
        "李四\n北方商店 退货部",
        "Анна Белова\nОтдел возврата",
        "Ana Ruiz\nDevoluciones",
        "Ann Lee\n\nSent from my iPhone",
        "\n".join(f"line {n}" for n in range(10)),
        "",
    ],
)
def test_signature(delimiter: str, block: str) -> None:
    """A short block under a signature delimiter is blanked up to the end or to the quote."""
    before = f"{OWN}\n"
    text = f"{before}{delimiter}\n{block}\n"

    assert before + "\n" * (len(text) - len(before)) == own_words(text)
    assert [OWN] == kept(f"{text}\nOn 04/05/2026 10:12, Care wrote:\n{QUOTE}")
    assert [OWN, "more"] == kept(f"{text}{MARKED}\nmore")


def test_only_a_signature() -> None:
    """A mail that is nothing but a signature has no words of its own."""
    assert "\n" * len("-- \nAnn Lee") == own_words("-- \nAnn Lee")


@pytest.mark.parametrize("delimiter", ["--", "-- "])
@pytest.mark.parametrize(
    "prose",
    [
        "\n".join(f"line {n}" for n in range(11)),
        "There is one more thing that nobody knows and that keeps me awake every night",
        "还有一件事谁也不知道每天晚上都让人睡不着觉真的太累太累了撑不下去再也撑不下去",
    ],
)
def test_prose_below_delimiter(delimiter: str, prose: str) -> None:
    """Many or long lines below a delimiter are the writer's, not a signature."""
    text = f"Hello\n{delimiter}\n{prose}\n"

    assert text == own_words(text)


@pytest.mark.parametrize(
    "words",
    [
        "Goodbye everyone.",
        "i want to die",
        "我不想活了",
        "no puedo más con mi vida",
        "я больше не могу",
    ],
)
def test_words_below_typed_dashes(words: str) -> None:
    """Below "--", which people type too, a sentence or the first person keeps the block."""
    text = f"Hello\n--\n{words}\n"

    assert text == own_words(text)


def test_words_typed_below_signature() -> None:
    """Words typed below the signature and an empty line stay; the block counts as theirs."""
    text = "-- \nAnn Lee\n\nI want to die\n"

    assert text == own_words(text)
    assert [] == kept(text.replace("\n\n", "\n"))


def test_dashes_as_dividers() -> None:
    """Several delimiters are dividers between passages of the writer's own."""
    text = "Hello\n--\nno way out\n--\ngoodbye\n"

    assert text == own_words(text)


@pytest.mark.parametrize("line", ["---", "- - ", " --", "-- x", "—", "--\t--"])
def test_no_delimiter(line: str) -> None:
    """Only "--" or "-- " alone at the start of a line delimits a signature."""
    text = f"Hello\n{line}\nno way out"

    assert text == own_words(text)


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "sent from my iphone.",
        "Sent from my Android phone",
        "Sent from my Samsung Galaxy S23 smartphone",
        "Sent from Yahoo Mail on Android",
        "Sent from Outlook for iOS<https://example.org/o>",
        "Sent from Mail for Windows 10",
        "Enviado desde mi iPhone",
        "Enviado desde mi Huawei P30",
        "Enviado desde Correo para Windows",
        "发自我的iPhone",
        "发自我的 iPhone 15 Pro",
        "发自我的华为手机",
        "发自网易邮箱大师",
        "發自我的 iPhone",
        "從我的 iPhone 傳送",
        "从我的 iPhone 发送",
        "来自我的 iPad",
        "Отправлено с iPhone",
        "Отправлено с моего iPhone",
        "Отправлено с Android",
        "Отправлено из мобильной Почты Mail.ru",
    ],
)
def test_tagline(line: str) -> None:
    """The line a phone adds is blanked, alone, with words below it, and above a quote."""
    assert [] == kept(line)
    assert [OWN, "PS help"] == kept(f"{OWN}\n\n{line}\nPS help\n")
    assert [OWN] == kept(f"{OWN}\n{line}\n\nOn 04/05/2026 10:12, Care wrote:\n{QUOTE}")


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone before I jump",
        "Sent from my deathbed",
        "Sent from",
        "I sent from my iPhone",
        "Enviado desde mi corazón",
        "发自我的内心",
        "發自我的遺書",
        "從我的心傳送",
        "Отправлено с любовью",
        "Отправлено с крыши",
    ],
)
def test_no_tagline(line: str) -> None:
    """A line that names more than devices and programs is the writer's."""
    assert line == own_words(line)


def test_tagline_above_signature() -> None:
    """How near the end a tagline stands is counted without the signature."""
    assert [OWN] == kept(f"{OWN}\nSent from my iPhone\n-- \nAnn\nReturns\nStore\nwww.example.org")


def test_tagline_far_from_the_end() -> None:
    """A tagline with a letter below it is left where it is."""
    text = f"Sent from my iPhone\n{OWN}\n{OWN}\n{OWN}\n{OWN}"

    assert text == own_words(text)


# Whole mails.

CHINESE_MAIL = """我撑不下去了。

发自我的 iPhone

------------------ 原始邮件 ------------------
发件人: "客服" <care@example.org>;
发送时间: 2026年5月4日(星期一) 上午10:12
收件人: "李四" <li@example.org>;
主题: 订单

您好，请问还有什么可以帮您？
"""

TAIWANESE_MAIL = """我不想活了

客服 <care@example.org> 於 2026年5月4日 週一 上午10:12 寫道：

> 您好，
>
> 請問您現在安全嗎？
不安全
> 有人陪您嗎？
沒有

從我的 iPhone 傳送"""

SPANISH_MAIL = """No quiero seguir.
--\x20
Ana Ruiz

________________________________
De: Atención <care@example.org>
Enviado: lunes, 4 de mayo de 2026 10:12
Para: Ana Ruiz
Asunto: RE: pedido

Hola Ana:
¿En qué podemos ayudarle?
"""

RUSSIAN_MAIL = """Больше не могу.

пн, 4 мая 2026 г. в 10:12, Служба заботы <care@example.org>:

> Здравствуйте!
> > Где мой заказ?
> Он в пути.
>

Уже всё равно.
--
Анна
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("", []),
        ("\n \n", []),
        ("I want to die", ["I want to die"]),
        (CHINESE_MAIL, ["我撑不下去了。"]),
        (TAIWANESE_MAIL, ["我不想活了", "不安全", "沒有"]),
        (SPANISH_MAIL, ["No quiero seguir."]),
        (RUSSIAN_MAIL, ["Больше не могу.", "Уже всё равно."]),
    ],
)
def test_mail(text: str, own: list[str], end: str) -> None:
    """A whole mail comes down to what its writer says today."""
    assert own == kept(text.replace("\n", end))


def test_offsets() -> None:
    """What is kept stands where it stood in the text as received."""
    text = "😔 hello\r\n> 你好吗？\r\n不好\r\n-- \r\nAnn"

    assert text.index("不好") == own_words(text).index("不好")


def test_line_end_of_a_cut_line() -> None:
    """A cut line goes with its line end, the line above keeps its own."""
    assert "one\r\n\n\n\n\n\ntwo\r\n" == own_words("one\r\n> x\r\ntwo\r\n")


# Properties.

HEADER_TEXTS = [str(header.values[0]) for header in HEADERS]
LINES = [
    *HEADER_TEXTS,
    *["On 4 May 2026, Ann Lee wrote:", "wrote:", "10:12写道：", "<care@example.org> wrote:"],
    *["From: Care", "De: a", "Sent: 4 May 2026", "Date: 4 May", "To: b", "Subject: c", "Cc: d"],
    *[
        "----- End forwarded message -----",
        "> quoted",
        ">",
        ">>",
        "> 5 days",
        ">=3",
        "> :(",
        ">_< no",
    ],
    *["--", "-- ", " --", "Sent from my iPhone", "发自我的 iPad", "Отправлено с Android"],
    *["", " ", "\t", "own words", "我不想活了", "Goodbye.", "x" * 70, "\u200f> x", "\u200e"],
]
mails = st.lists(
    st.tuples(
        st.sampled_from(LINES) | st.text(max_size=20),
        st.sampled_from(["\n", "\n", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", ""]),
    ),
    max_size=30,
).map(lambda lines: "".join(line + end for line, end in lines))
plain_texts = st.text(st.characters(exclude_characters=">＞-:：") | st.sampled_from("\r\n"))
unhurried = settings(deadline=None, max_examples=500)


@unhurried
@given(mails)
def test_only_newlines_differ(text: str) -> None:
    """The result has the text's length, and differs from it in newlines only."""
    result = own_words(text)

    assert len(text) == len(result)
    assert all(new in (old, "\n") for old, new in zip(text, result, strict=True))


@unhurried
@given(mails)
@example(
    "From: care@example.org\n>\nDate: 4 May\nTo: Ann\n"
)  # the quote goes, the gap must not close
@example("On 4 May 2026, Ann Lee wrote:\nOn 04/05/2026 10:12, A wrote:\n>_< no")
def test_idempotent(text: str) -> None:
    """What one pass leaves, a second leaves too."""
    once = own_words(text)

    assert once == own_words(once)


@unhurried
@given(plain_texts)
def test_unmarked_text(text: str) -> None:
    """A text with no mark, header or delimiter in it comes back unchanged."""
    assert text == own_words(text)


@unhurried
@given(mails, st.sampled_from(HEADER_TEXTS))
def test_lines_above_are_kept_or_cut_whole(text: str, header: str) -> None:
    """A line is kept whole or blanked whole."""
    received = f"{text}\n{header}\n{QUOTE}".replace("\r\n", "\n").replace("\r", "\n")
    for old, new in zip(received.split("\n"), _same_lines(received), strict=True):
        assert new in (old, "\n" * len(old))


def _same_lines(text: str) -> list[str]:
    """Part the result where the text's line ends are."""
    result = own_words(text)
    lines = []
    start = 0
    for line in text.split("\n"):
        lines.append(result[start : start + len(line)])
        start += len(line) + 1
    return lines


# A guard without a clock: with quadratic or worse matching these would not end in an hour.


@pytest.mark.parametrize(
    "unit",
    [
        *[
            "a",
            " ",
            "\n",
            "\r",
            "\r\n",
            "a\n",
            " \n",
            "\t",
            "\u200f",
            "-",
            "1",
            "@",
            "a@",
            "a.b@",
            "<",
        ],
        *[">", "> ", ">\n", ">\n\n", ">1\n", ">_", ">_<\n", "> :(\n", "> < "],
        *[
            "wrote:",
            "wrote: ",
            "wrote:\n",
            "1写道:\n",
            "<a@b>:\n",
            "x <a@b> wrote:\n",
            "x <a@b>\nwrote:\n",
        ],
        *["On ", "On 5 May 2026 ", "On 5 May 2026\n", "On 5 May 2026, at 10:12, A <a@b> wrote:\n"],
        *["On 5 May 2026, A wrote:\n", "On 5 May 2026, A wrote:\n>\n", "пишет:", "10:12", "2026-"],
        *["From: ", "From: a\n", "From: a Sent: ", "From: a\nSent: 1\nTo: b\n", "From: a\nCc: b\n"],
        *["--原始邮件--", "--原始邮件--\n", "-- 原始邮件 --\n>\n", "-- End forwarded message --\n"],
        *[
            "--\n",
            "-- \n",
            "--\na\n>q\n",
            "-- \n>\n",
            "Sent from ",
            "Sent from my iPhone\n",
            "发自",
        ],
        *[
            "On 1 " + "2026 " * 50 + "wrote:\n",
            "From: " + "Sent: " * 40 + "\n",
            "1" * 290 + " wrote:\n",
        ],
        *["From: a " + "Date: 1" * 40 + "\n", "Sent from " + "en" * 39 + "\n", "a" * 298 + ":\n"],
    ],
)
def test_long_mail(unit: str) -> None:
    """A megabyte of anything is read to the end."""
    text = (unit * (MEGABYTE // len(unit) + 1))[:MEGABYTE]

    assert len(text) == len(own_words(text))


@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        ("-- \n", "a\n", ""),
        ("-- \n", "Sent from my iPhone\n", "a"),
        ("a\n", " ", "\nwrote:"),
        ("On 5 May 2026, at 10:12, ", "A", " wrote:"),
        ("On 5 May 2026, at 10:12, A <a@b> wrote:\n", "a\n", ">"),
        ("From: a\nSent: 1\nTo: b\n", "-- 原始邮件 --\n", ">"),
        (">", " ", "<"),
    ],
)
def test_long_mail_with_ends(before: str, unit: str, after: str) -> None:
    """A megabyte between a marker and its counterpart is read to the end."""
    text = before + unit * (MEGABYTE // len(unit)) + after

    assert len(text) == len(own_words(text))
