"""What waits for somebody at the desk; orders that belong to a ticket; who called, where from, and when a hazard was seen"""

import sqlalchemy as sa
from alembic import op

from datasources.types import AreaCode, Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_items",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("area_code", AreaCode, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("about", Json, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("raised_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("taken_at", UtcDateTime, nullable=True),
        sa.Column("taken_by", sa.String(80), nullable=False),
    )
    op.create_index("ix_desk_items_state_area_code", "desk_items", ["state", "area_code"])
    op.create_index("ix_desk_items_subject_kind", "desk_items", ["subject", "kind"])
    op.create_index("ix_desk_items_taken_at", "desk_items", ["taken_at"])
    # Columns are added with defaults, so that servers of the version before can go on while it happens.
    op.add_column("orders", sa.Column("ended_by", sa.String(80), nullable=False, server_default=""))
    op.add_column("orders", sa.Column("ticket_id", sa.String(36), nullable=True))
    op.create_index("ix_orders_ticket_id", "orders", ["ticket_id"])
    op.add_column("sign_in_failures", sa.Column("attempt", sa.String(36), nullable=False, server_default=""))
    op.add_column("sign_in_failures", sa.Column("failed", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index("ix_sign_in_failures_attempt", "sign_in_failures", ["attempt"])
    op.add_column("units", sa.Column("retired_at", UtcDateTime, nullable=True))
    op.add_column("tickets", sa.Column("address", sa.String(200), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("caller", sa.Text(), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("seen_at", UtcDateTime, nullable=True))
    op.create_index("ix_tickets_reporter_unit_id_id", "tickets", ["reporter_unit_id", "id"])
    op.add_column("ticket_steps", sa.Column("photo_id", sa.String(36), nullable=True))
    op.create_index("ix_ticket_steps_photo_id", "ticket_steps", ["photo_id"])
    op.add_column("delivery_steps", sa.Column("photo_id", sa.String(36), nullable=True))


def downgrade() -> None:
    op.drop_column("delivery_steps", "photo_id")
    op.drop_index("ix_ticket_steps_photo_id", "ticket_steps")
    op.drop_column("ticket_steps", "photo_id")
    op.drop_index("ix_tickets_reporter_unit_id_id", "tickets")
    for name in ("seen_at", "caller", "address"):
        op.drop_column("tickets", name)
    op.drop_index("ix_orders_ticket_id", "orders")
    op.drop_column("orders", "ticket_id")
    op.drop_column("orders", "ended_by")
    op.drop_index("ix_sign_in_failures_attempt", "sign_in_failures")
    op.drop_column("sign_in_failures", "failed")
    op.drop_column("sign_in_failures", "attempt")
    op.drop_column("units", "retired_at")
    op.drop_table("desk_items")
