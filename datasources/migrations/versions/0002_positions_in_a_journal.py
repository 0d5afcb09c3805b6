"""Positions in a journal, folded into track parts

Tracks of the first form are dropped: they are kept for 24 hours only, and nothing else refers to them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "position_batches",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_batches")),
    )
    op.create_table(
        "track_parts",
        sa.Column("unit_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("unit_number", "batch_id", name=op.f("pk_track_parts")),
    )
    op.create_index("ix_track_parts_until_ms", "track_parts", ["until_ms"])
    op.drop_table("tracks")


def downgrade() -> None:
    raise NotImplementedError("restore a backup: the tracks of the first form were dropped")
