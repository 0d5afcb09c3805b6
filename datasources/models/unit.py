"""Field units 应急力量: a person or a team, with roles and skills (多员合一: several roles each)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from datasources.models.base import Base
from datasources.types import AreaCode, Encrypted, Sealed, Secret, UtcDateTime


class Unit(Base):
    """A field unit. `number` is dense from 0: position frames and the hot state are keyed by it. The telephone number is encrypted."""

    __tablename__ = "units"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    pinyin_initials: Mapped[str] = mapped_column(String(40), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    phone: Mapped[Secret | Sealed] = mapped_column(Encrypted("units.phone"))
    phone_index: Mapped[str] = mapped_column(String(32), index=True)
    """What the number is looked up by (`Keyring.indexed`): empty when there is none."""
    area_code: Mapped[str] = mapped_column(AreaCode, index=True)
    duty: Mapped[str] = mapped_column(String(8))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when only the past knows this unit."""


class UnitRole(Base):
    """One role of one unit."""

    __tablename__ = "unit_roles"

    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(24), primary_key=True)

    __table_args__ = (Index("ix_unit_roles_role", "role"),)


class UnitSkill(Base):
    """One skill of one unit."""

    __tablename__ = "unit_skills"

    unit_id: Mapped[str] = mapped_column(ForeignKey("units.id", ondelete="CASCADE"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(24), primary_key=True)

    __table_args__ = (Index("ix_unit_skills_skill", "skill"),)
