"""From which area an order was sent"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of those sent before, only where they went is known.
    op.add_column("orders", sa.Column("scope", sa.String(18), nullable=False, server_default=""))
    op.execute("UPDATE orders SET scope = area_code")


def downgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("scope")
