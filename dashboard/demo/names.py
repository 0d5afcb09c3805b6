"""Invented names for invented people and cameras. Telephone numbers begin with 100: no person has such a number."""

from __future__ import annotations

import re

import numpy as np

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国淑珍德富玉兰志红文辉鑫宇浩然梓涵雨欣怡俊峰海燕春梅国良树清稳彬利"
CORNERS = ("路口", "北门", "南门", "东巷", "西巷", "桥头", "广场", "菜市场", "幼儿园侧", "河堤", "停车场", "物业岗亭")


def person(rng: np.random.Generator) -> str:
    """A Chinese name."""
    return str(rng.choice(list(SURNAMES))) + "".join(rng.choice(list(GIVEN), int(rng.choice([1, 2], p=[0.2, 0.8]))))


def phone(number: int) -> str:
    """A telephone number that nobody has."""
    return f"100{number:08d}"


def short(name: str) -> str:
    """The name of a division as people say it: 东兴社区居委会 → 东兴社区, 宝山村村委会 → 宝山村."""
    bare = re.sub(r"(居民委员会|村民委员会|居委会|村委会)$", "", name)
    if name.endswith("村民委员会") and not bare.endswith("村"):
        bare += "村"
    if name.endswith("居民委员会") and not bare.endswith("社区"):
        bare += "社区"
    return bare or name
