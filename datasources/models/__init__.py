"""The tables. One file a subject; import the classes from here."""

from datasources.models.account import Account, SignInFailure, Token
from datasources.models.area import Area
from datasources.models.base import Base
from datasources.models.calling import Call, CallPolicy, PushSubscription
from datasources.models.change import Change, ChangeCounter
from datasources.models.desk import DeskItem
from datasources.models.fence import Fence, Presence
from datasources.models.message import Clip, Message
from datasources.models.order import Delivery, DeliveryStep, Order
from datasources.models.photo import Photo
from datasources.models.position import Position, PositionBatch, TrackPart
from datasources.models.ticket import Ticket, TicketStep
from datasources.models.unit import Unit, UnitRole, UnitSkill
from datasources.models.video import VideoPoint
from datasources.models.warning import Warning

__all__ = [
    "Account",
    "Area",
    "Base",
    "Call",
    "CallPolicy",
    "Change",
    "ChangeCounter",
    "Clip",
    "Delivery",
    "DeliveryStep",
    "DeskItem",
    "Fence",
    "Message",
    "Order",
    "Photo",
    "Position",
    "PositionBatch",
    "Presence",
    "PushSubscription",
    "SignInFailure",
    "Ticket",
    "TicketStep",
    "Token",
    "TrackPart",
    "Unit",
    "UnitRole",
    "UnitSkill",
    "VideoPoint",
    "Warning",
]
