"""What is wrong with a value, in words of both languages: pydantic has its sentences in English only."""

from __future__ import annotations

from typing import Any

CHINESE = {
    "missing": "必填",
    "extra_forbidden": "没有这一项",
    "string_type": "须为文字",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "int_from_float": "须为整数",
    "float_type": "须为数字",
    "float_parsing": "须为数字",
    "finite_number": "须为有限的数字",
    "bool_type": "须为是或否",
    "bool_parsing": "须为是或否",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "不得小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "不得大于 {le}",
    "literal_error": "须为 {expected} 之一",
    "enum": "须为 {expected} 之一",
    "list_type": "须为列表",
    "dict_type": "须为对象",
    "model_type": "须为对象",
    "model_attributes_type": "须为对象",
    "tuple_type": "须为列表",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "datetime_type": "须为时间",
    "datetime_parsing": "须为时间（ISO 8601）",
    "datetime_from_date_parsing": "须为时间（ISO 8601）",
    "timezone_aware": "时间须带时区",
}
"""By pydantic's type of error. One that is not here is said in general: see `sentence`."""
OURS = "value_error"


def sentence(error: dict[str, Any]) -> str:
    """`中文 / English` of one error of pydantic's; what our own validators say is in both languages already."""
    if error["type"] == OURS and "error" in error.get("ctx", {}):
        return str(error["ctx"]["error"])
    words = CHINESE.get(error["type"], "不合要求").format_map(error.get("ctx", {}))
    return f"{words.replace(' or ', ' 或 ')} / {error['msg']}"
