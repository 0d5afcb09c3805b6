"""Messages and voice clips inside an order, geofences, orders that are done when enough have done them, check-ins"""

import sqlalchemy as sa
from alembic import op

from datasources.types import AreaCode, Geometry, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("orders") as table:
        table.add_column(sa.Column("kind", sa.String(12), nullable=False, server_default="task"))
        table.add_column(sa.Column("done_when", sa.String(8), nullable=False, server_default="each"))
        table.add_column(sa.Column("needed", sa.Integer(), nullable=True))
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("said", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "clips",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("area_code", AreaCode, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("mimetype", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clips")),
        sa.UniqueConstraint("key", name=op.f("uq_clips_key")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("area_code", AreaCode, nullable=False),
        sa.Column("from_unit", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("photo_id", sa.String(36), nullable=True),
        sa.Column("clip_id", sa.String(36), nullable=True),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("arrived_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_messages_delivery_id_deliveries")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_messages_order_id_orders")),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_messages_photo_id_photos")),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_messages_clip_id_clips")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_messages_key")),
    )
    for column in ("delivery_id", "photo_id", "clip_id"):
        op.create_index(f"ix_messages_{column}", "messages", [column])
    op.create_table(
        "fences",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("area_code", AreaCode, nullable=False),
        sa.Column("scope", AreaCode, nullable=False),
        sa.Column("outline", Geometry(), nullable=False),
        sa.Column("rule", sa.String(8), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(8), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("empty_since", UtcDateTime(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fences")),
        sa.UniqueConstraint("key", name=op.f("uq_fences_key")),
    )
    op.create_index(op.f("ix_fences_area_code"), "fences", ["area_code"])
    op.create_table(
        "presences",
        sa.Column("fence_id", sa.String(36), nullable=False),
        sa.Column("unit_number", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["fence_id"], ["fences.id"], name=op.f("fk_presences_fence_id_fences"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("fence_id", "unit_number", name=op.f("pk_presences")),
    )
    op.create_index("ix_presences_since", "presences", ["since"])


def downgrade() -> None:
    for table in ("presences", "fences", "messages", "clips"):
        op.drop_table(table)
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.drop_column("said")
    with op.batch_alter_table("orders") as orders:
        for column in ("needed", "done_when", "kind"):
            orders.drop_column(column)
