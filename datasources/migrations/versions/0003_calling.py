"""Calling those who do not answer: policies, calls, push subscriptions"""

import sqlalchemy as sa
from alembic import op

from datasources.types import AreaCode, Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("calls", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("call_at", UtcDateTime(), nullable=True))
    op.create_index("ix_deliveries_call_at", "deliveries", ["call_at"])
    op.create_table(
        "call_policies",
        sa.Column("area_code", AreaCode, nullable=False),
        sa.Column("priority", sa.String(8), nullable=False),
        sa.Column("steps", Json, nullable=False),
        sa.Column("set_by", sa.String(80), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", "priority", name=op.f("pk_call_policies")),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("area_code", AreaCode, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_calls_delivery_id_deliveries")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_calls_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("delivery_id", "step", name=op.f("uq_calls_delivery_id_step")),
    )
    op.create_index("ix_calls_due_at", "calls", ["due_at"])
    op.create_index("ix_calls_order_id_channel", "calls", ["order_id", "channel"])
    op.create_table(
        "push_subscriptions",
        sa.Column("endpoint", sa.String(500), nullable=False),
        sa.Column("unit_id", sa.String(36), nullable=False),
        sa.Column("p256dh", sa.String(120), nullable=False),
        sa.Column("auth", sa.String(40), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_push_subscriptions_unit_id_units"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("endpoint", name=op.f("pk_push_subscriptions")),
    )
    op.create_index(op.f("ix_push_subscriptions_unit_id"), "push_subscriptions", ["unit_id"])


def downgrade() -> None:
    op.drop_table("push_subscriptions")
    op.drop_table("calls")
    op.drop_table("call_policies")
    op.drop_index("ix_deliveries_call_at", "deliveries")
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("call_at")
        table.drop_column("calls")
