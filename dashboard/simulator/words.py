"""What is said in the simulated city."""

from __future__ import annotations

TICKETS = (
    ("drain_blocked", "排水沟被落叶和泥沙堵塞，积水漫上人行道", "yellow"),
    ("waterlogging", "低洼院落积水约 20 厘米，水还在涨", "orange"),
    ("fallen_tree", "行道树倒伏，占住半幅路面", "blue"),
    ("road_damage", "路面塌陷，已放置警示锥", "yellow"),
    ("power_failure", "整栋楼停电，有居家吸氧老人", "orange"),
    ("person_in_need", "独居老人联系不上，需要上门查看", "yellow"),
    ("dangerous_building", "老屋山墙开裂，建议先转移", "orange"),
    ("other", "广告牌松动，风大时摇晃", "blue"),
    ("drain_blocked", "雨水篦子缺失，已用围挡隔开", "blue"),
    ("waterlogging", "地下车库入口进水，已堆放沙袋", "yellow"),
)
RED = (
    ("landslide", "坡面有落石和新裂缝，下方有住户", "red"),
    ("gas_leak", "楼道有燃气味，已通知关阀", "red"),
    ("waterlogging", "下穿隧道积水过半，有车辆被困", "red"),
)
COLOUR = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
EVENT = {
    "rainstorm": ("暴雨", "过去 3 小时降雨明显，预计还将持续。", "停止户外作业，检查排水，做好低洼地带和山洪沟口人员转移准备。"),
    "landslide": ("地质灾害", "山区发生地质灾害的风险高。", "加密巡查隐患点，必要时先转移。"),
    "flood": ("洪水", "河道水位接近警戒水位。", "沿河人员撤离，关闭下河通道。"),
    "gale": ("大风", "阵风可达 7 级。", "加固广告牌和临时搭建物。"),
    "thunderstorm": ("雷电", "有雷电活动，局地伴短时强降水。", "减少户外活动，远离树木和高耸物。"),
    "fog": ("大雾", "能见度不足 500 米。", "行车减速，注意交通安全。"),
}
"""Event → its name, what is the matter, what to do."""
STORM = {"yellow": ("rainstorm",), "orange": ("rainstorm", "landslide"), "red": ("rainstorm", "flood")}
"""What is in force while the storm is at a level."""
WARNINGS = (("gale", "blue"), ("thunderstorm", "yellow"), ("fog", "yellow"), ("gale", "yellow"), ("thunderstorm", "blue"))
PATROL = ("task", "巡查低洼院落", "urgent", "请立即巡查本微网格排水沟、低洼院落和独居老人家，发现险情先转移人员再上报。")
ORDERS = {
    "blue": (("task", "核查排水设施", "normal", "请检查责任区内雨水口、排水沟，堵塞的及时清理并回报。"),),
    "yellow": (PATROL, ("task", "到岗待命", "normal", "请到岗待命，检查通信、照明和救生装备，保持手机畅通。")),
    "orange": (PATROL, ("check_in", "安全签到", "urgent", "请立即点击“我平安”完成签到；如有险情点击“需要帮助”。")),
    "red": (
        ("task", "转移群众", "critical", "请立即组织受威胁群众转移到就近安置点，逐户清点，完成后回报人数。"),
        PATROL,
        ("check_in", "安全签到", "critical", "请立即点击“我平安”完成签到；如有险情点击“需要帮助”。"),
    ),
}
"""By the storm's level: kind, title, priority, text."""
