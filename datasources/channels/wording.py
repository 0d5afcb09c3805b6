"""A typed text as it is spoken: numbers, units, times and telephone numbers in words, and every sign as pinyin.

Speech programs read digits, dots and signs each in their own way, and some of them spell what they do not know in English: what they are
given here is nothing but pinyin with tones.
"""

from __future__ import annotations

import re
import unicodedata

from pypinyin import Style, lazy_pinyin, load_phrases_dict

DIGITS = "零一二三四五六七八九"
CALLED = str.maketrans("0123456789", "零幺二三四五六七八九")
"""How digits of a telephone number are said."""
HOTLINES = ("110", "119", "120", "122", "12345", "12315", "95598", "12119", "12350")
MOBILE, FIXED, SHORT = r"1[3-9]\d{9}", r"0\d{2,3}-?\d{7,8}", f"(?:{'|'.join(HOTLINES)})"
COUNTED = r"(?:米|公里|厘米|毫米|人|户|个|名|元|吨|分|小时|平方|立方|%|cm|mm|km|m\b)"
"""Before one of these, 120 is a quantity and nobody's number."""
UNITS = {
    "km/h": "公里每小时",
    "m/s": "米每秒",
    "mm/h": "毫米每小时",
    "m³/s": "立方米每秒",
    "m3/s": "立方米每秒",
    "km²": "平方公里",
    "m²": "平方米",
    "m³": "立方米",
    "℃": "摄氏度",
    "°C": "摄氏度",
    "kW": "千瓦",
    "km": "公里",
    "cm": "厘米",
    "mm": "毫米",
    "kg": "公斤",
    "kV": "千伏",
    "m": "米",
    "h": "小时",
    "t": "吨",
    "%": "",
}
SIGNS = dict(zip("~～—→≥≤><+×&@", ["至", "至", "至", "到", "大于等于", "小于等于", "大于", "小于", "加", "乘", "和", "在"], strict=True))
SOUNDS = (
    "ei1,bi4,xi1,di4,yi4,ai2 fu5,ji4,ai2 qi1,ai1,zhei4,kei4,ai2 le5,ai2 mu5,en1,ou1,pi4,qiu1,a1 er5,ai2 si5,ti4,you1,wei1,"
    "da2 bu5 liu4,ai2 ke5 si5,wai1,zei4"
)
LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", SOUNDS.split(","), strict=True))
"""Latin letters as Mandarin says them: A 座, B 区, K3+200."""
load_phrases_dict(
    {
        "转移": [["zhuǎn"], ["yí"]],
        "重点": [["zhòng"], ["diǎn"]],
        "行洪": [["xíng"], ["hóng"]],
        "行道树": [["xíng"], ["dào"], ["shù"]],
        "上涨": [["shàng"], ["zhǎng"]],
        "涨水": [["zhǎng"], ["shuǐ"]],
        "还在涨": [["hái"], ["zài"], ["zhǎng"]],
        "涨至": [["zhǎng"], ["zhì"]],
        "泡涨": [["pào"], ["zhàng"]],
        "还有": [["hái"], ["yǒu"]],
        "调度": [["diào"], ["dù"]],
        "调集": [["diào"], ["jí"]],
        "成都": [["chéng"], ["dū"]],
        "郫都": [["pí"], ["dū"]],
        "都江堰": [["dū"], ["jiāng"], ["yàn"]],
        "蒲江": [["pú"], ["jiāng"]],
        "大邑": [["dà"], ["yì"]],
        "乐山": [["lè"], ["shān"]],
        "重庆": [["chóng"], ["qìng"]],
        "重新": [["chóng"], ["xīn"]],
        "解救": [["jiě"], ["jiù"]],
        "塌方": [["tā"], ["fāng"]],
        "崩塌": [["bēng"], ["tā"]],
        "为准": [["wéi"], ["zhǔn"]],
        "长者": [["zhǎng"], ["zhě"]],
        "组长": [["zǔ"], ["zhǎng"]],
        "网格长": [["wǎng"], ["gé"], ["zhǎng"]],
        "河长": [["hé"], ["zhǎng"]],
        "扇": [["shàn"]],
    }
)
PINYIN = re.compile(r"[a-zü]+[1-5]")


def whole(number: int) -> str:
    """A whole number in words: 2019 → 二千零一十九, 12 → 十二."""
    if number >= 100_000_000:
        head, rest = divmod(number, 100_000_000)
        return whole(head) + "亿" + _tail(rest, 10_000_000)
    if number >= 10_000:
        head, rest = divmod(number, 10_000)
        return whole(head) + "万" + _tail(rest, 1000)
    words, gap = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            words += ("零" if gap and words else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    if not words:
        return DIGITS[0]
    return words[1:] if words.startswith("一十") else words


def _tail(rest: int, filled: int) -> str:
    return ("零" if rest < filled else "") + ("一" if 10 <= rest < 20 else "") + whole(rest) if rest else ""


def _number(digits: str) -> str:
    plain, _, part = digits.replace(",", "").partition(".")
    if (len(plain) > 1 and plain.startswith("0")) or len(plain) > 12:
        words = plain.translate(CALLED)  # a code, not a quantity
    else:
        words = whole(int(plain))
    return words + ("点" + "".join(DIGITS[int(digit)] for digit in part) if part else "")


def _time(found: re.Match[str]) -> str:
    hour, minute, second = whole(int(found[1])), int(found[2]), found[3]
    if minute == 0 and not second:
        return f"{hour}点整"
    words = f"{hour}点{'零' if minute < 10 else ''}{whole(minute) if minute else ''}分"
    return words + (f"{whole(int(second))}秒" if second else "")


def in_words(text: str) -> str:
    """The text with every number, unit, time and telephone number in words; what stays are Chinese signs, letters and stops."""
    text = unicodedata.normalize("NFKC", text.replace("℃", "°C").replace("²", "2!").replace("³", "3!"))
    text = text.replace("2!", "²").replace("3!", "³").replace("°C", "℃")
    text = re.sub(r"(?<!\d)([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?!\d)", _time, text)
    text = re.sub(r"(?<!\d)((?:19|20)\d\d)(?=年)", lambda found: "".join(DIGITS[int(digit)] for digit in found[1]), text)
    text = re.sub(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", lambda f: f"{f[1]}年{int(f[2])}月{int(f[3])}日", text)
    text = re.sub(r"(?<!\d)((?:19|20)\d\d)(?=年)", lambda found: "".join(DIGITS[int(digit)] for digit in found[1]), text)
    # telephone numbers: mobile, with an area code, and the short ones that everybody knows
    called = rf"(?<![\d.])({MOBILE}|{FIXED}|400-?\d{{3}}-?\d{{4}}|{SHORT}(?=$|[^\d.]))(?!\d)(?!\s*{COUNTED})"
    text = re.sub(called, lambda found: found[1].replace("-", "").translate(CALLED), text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*%", lambda found: "百分之" + found[1], text)
    text = re.sub(r"(\d)\s*[-~～—–]+\s*(\d)", r"\1至\2", text)
    text = re.sub(r"(\d+)\s*/\s*(\d+)", lambda found: f"{found[2]}分之{found[1]}", text)
    for unit in sorted(UNITS, key=len, reverse=True):
        text = re.sub(rf"(?<=\d)\s*{re.escape(unit)}(?![A-Za-z²³/])", UNITS[unit], text)
    text = re.sub(r"(?<![\d.])-(?=\d)", "零下" if "度" in text else "负", text)
    text = re.sub(r"\d[\d,]*(?:\.\d+)?", lambda found: _number(found[0]), text)
    return "".join(SIGNS.get(sign, sign) for sign in text)


def pinyin(text: str) -> str:
    """The text as pinyin with tone numbers, stops kept: `qing3 zhuan3 yi2。`. What has no sound is left out."""
    parts: list[str] = []
    for piece in lazy_pinyin(in_words(text), style=Style.TONE3, neutral_tone_with_five=True, errors=list):  # type: ignore[arg-type]
        if PINYIN.fullmatch(piece):
            parts.append(piece.replace("ü", "v") if piece.startswith(("lü", "nü")) else piece)
        elif piece.upper() in LETTERS:
            parts.append(LETTERS[piece.upper()])
        elif piece in "，、,；;：:":
            parts.append(",")
        elif piece in "。！？!?.\n":
            parts.append(".")
    return " ".join(parts)
