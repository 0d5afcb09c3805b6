"""Calls that are due, by their channel: each channel is worked on by itself.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """One index in place of another."""
    op.create_index("ix_calls_channel_due_at", "calls", ["channel", "due_at"])
    op.drop_index("ix_calls_due_at", "calls")


def downgrade() -> None:
    """The other way."""
    op.create_index("ix_calls_due_at", "calls", ["due_at"])
    op.drop_index("ix_calls_channel_due_at", "calls")
