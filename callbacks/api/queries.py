"""Query strings that several routes share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AreaQuery(BaseModel):
    """An area, by default the whole scope."""

    model_config = ConfigDict(extra="forbid")

    area: str = Field(default="", pattern="^[0-9]{0,18}$", description="area code; empty: the whole scope")


class KeyQuery(BaseModel):
    """The sender's idempotency key."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=80)


class PageQuery(AreaQuery):
    """A page: give the last id of the page before as `after`."""

    limit: int = Field(default=500, ge=1, le=5000)
    after: str = Field(default="", max_length=36)
