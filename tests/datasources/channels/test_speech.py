"""The loudspeaker speaks Chinese: no sign is spelt in English letters, and numbers are said as people say them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dashboard.catalogue import entries
from datasources.channels.speech import VOICE, NoSpeech, Voice, espeak
from datasources.channels.wording import in_words, pinyin, whole
from layouts.dispatch import TEMPLATE_NAMES


def phonemes(spoken: str) -> str:
    """What espeak-ng would say: `(en)` stands before what it spells in English."""
    return subprocess.run(["espeak-ng", "-v", VOICE, "-q", "-x"], input=spoken, capture_output=True, text=True, check=True).stdout


def common_signs() -> list[str]:
    """The 3,755 commonest signs: level 1 of GB 2312."""
    codes = [(high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF) if not (high == 0xD7 and low > 0xF9)]
    return [bytes(code).decode("gb2312") for code in codes]


def test_every_common_sign_is_spoken_in_mandarin() -> None:
    signs = common_signs()
    assert len(signs) == 3755
    spoken = [pinyin(sign) for sign in signs]
    assert [sign for sign, words in zip(signs, spoken, strict=True) if not words] == []
    said = phonemes("\n".join(f"{words} ." for words in spoken))
    assert "(en)" not in said
    assert len(said.splitlines()) == 3755


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_every_template_is_spoken_in_mandarin(name: str) -> None:
    for part in ("title", "text"):
        said = phonemes(pinyin(entries()[f"template.{name}.{part}"][0]))
        assert said.strip()
        assert "(en)" not in said


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("水位2.8米", "水位二点八米"),
        ("请拨打119或110", "请拨打幺幺九或幺幺零"),
        ("急救120，转移120人", "急救幺二零,转移一百二十人"),
        ("13:30前", "十三点三十分前"),
        ("8:05出发，9:00集合", "八点零五分出发,九点整集合"),
        ("雨量100-120mm", "雨量一百至一百二十毫米"),
        ("降雨概率80%", "降雨概率百分之八十"),
        ("气温-3℃", "气温零下三摄氏度"),
        ("流量1,250m³/s", "流量一千二百五十立方米每秒"),
        ("电话028-86241234", "电话零二八八六二四幺二三四"),
        ("手机13800138000", "手机幺三八零零幺三八零零零"),
        ("2026年7月26日", "二零二六年七月二十六日"),
        ("2026-07-26", "二零二六年七月二十六日"),
        ("１２户", "十二户"),
        ("3/4", "四分之三"),
    ],
)
def test_numbers_are_said_as_people_say_them(written: str, spoken: str) -> None:
    assert in_words(written) == spoken
    assert "(en)" not in phonemes(pinyin(written))


WHOLE = {
    0: "零",
    10: "十",
    12: "十二",
    20: "二十",
    105: "一百零五",
    1010: "一千零一十",
    10086: "一万零八十六",
    120_000: "十二万",
    100_000_012: "一亿零一十二",
}


@pytest.mark.parametrize(("number", "words"), WHOLE.items())
def test_whole_numbers(number: int, words: str) -> None:
    assert whole(number) == words


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("重庆路", "chong2 qing4 lu4"),
        ("成都市郫都区", "cheng2 du1 shi4 pi2 du1 qu1"),
        ("水位上涨，立即转移", "shui3 wei4 shang4 zhang3 , li4 ji2 zhuan3 yi2"),
        ("行洪河道", "xing2 hong2 he2 dao4"),
        ("K3+200处", "kei4 san1 jia1 er4 bai3 chu4"),
        ("女士", "nv3 shi4"),
    ],
)
def test_signs_with_several_readings(written: str, spoken: str) -> None:
    assert pinyin(written) == spoken


def test_words_that_were_recorded_are_played(tmp_path: Path) -> None:
    (tmp_path / "evacuate.txt").write_text("转移群众。请立即转移！", "utf-8")
    (tmp_path / "evacuate.wav").write_bytes(b"RIFF a person's voice")
    (tmp_path / "alone.txt").write_text("没有录音", "utf-8")
    voice = Voice(recordings=tmp_path)
    assert voice.speech("转移群众", "请立即转移") == b"RIFF a person's voice"
    assert voice.speech("转移群众", "请立即转移到三小") != b"RIFF a person's voice"


def test_a_model_that_is_not_whole_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(NoSpeech, match=r"model\.onnx, tokens\.txt, lexicon\.txt"):
        Voice(model=tmp_path)


def test_a_text_without_a_sound_is_still_a_file() -> None:
    assert espeak("转移").startswith(b"RIFF")
