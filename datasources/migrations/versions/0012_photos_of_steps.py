"""Which step names a photo is looked up when photos that nothing names are deleted"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_delivery_steps_photo_id", "delivery_steps", ["photo_id"])


def downgrade() -> None:
    op.drop_index("ix_delivery_steps_photo_id", "delivery_steps")
