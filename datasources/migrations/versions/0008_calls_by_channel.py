"""Calls that are due, by their channel: each channel is worked on by itself"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_calls_channel_due_at", "calls", ["channel", "due_at"])
    op.drop_index("ix_calls_due_at", "calls")


def downgrade() -> None:
    op.create_index("ix_calls_due_at", "calls", ["due_at"])
    op.drop_index("ix_calls_channel_due_at", "calls")
