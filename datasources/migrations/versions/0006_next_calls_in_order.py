"""The index of the next calls holds the id too, in the order in which they are made"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deliveries_call_at_id", "deliveries", ["call_at", "id"])
    op.drop_index("ix_deliveries_call_at", "deliveries")


def downgrade() -> None:
    op.create_index("ix_deliveries_call_at", "deliveries", ["call_at"])
    op.drop_index("ix_deliveries_call_at_id", "deliveries")
