"""Only what a client of ours says is read at all."""

from __future__ import annotations

import pytest

from callbacks.packets import EVENTS, ClientPacket


@pytest.mark.parametrize("data", ['2["open",{"area":"5101"}]', '27["work"]', '0{"token":"x"}', "0", "1", '2["echo",null]'])
def test_what_clients_say_is_taken(data: str) -> None:
    assert ClientPacket(encoded_packet=data).packet_type == int(data[0])


@pytest.mark.parametrize(
    "data",
    [
        '2["disconnect"]', '2["connect",{"token":"another"}]', '2["connect_error"]', '2["message","x"]', '2["opened"]', '2[["open"]]',
        '2["open",1,2]', "2[]", '2{"open":1}', '2"open"', "2", '2/other,["open"]', "0/other,", "31[]", '4"x"', '51-["open"]', "9", "x",
    ],
)  # fmt: skip
def test_anything_else_is_no_packet(data: str) -> None:
    with pytest.raises(ValueError):
        ClientPacket(encoded_packet=data)


def test_names_that_the_library_keeps_for_itself_are_none_of_ours() -> None:
    assert not EVENTS & {"connect", "disconnect", "connect_error", "message", "*"}
