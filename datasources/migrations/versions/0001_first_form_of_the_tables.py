"""First form of the tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import datasources.types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "areas",
        sa.Column("code", datasources.types.AreaCode, nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("parent_code", datasources.types.AreaCode, nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("pinyin_initials", sa.String(length=80), nullable=False),
        sa.Column("dedicated", sa.Boolean(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("vulnerable", sa.Integer(), nullable=False),
        sa.Column("boundary_source", sa.String(length=12), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("west", sa.Float(), nullable=False),
        sa.Column("south", sa.Float(), nullable=False),
        sa.Column("east", sa.Float(), nullable=False),
        sa.Column("north", sa.Float(), nullable=False),
        sa.Column("geometry", datasources.types.Geometry(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_areas")),
    )
    with op.batch_alter_table("areas", schema=None) as batch_op:
        batch_op.create_index("ix_areas_name", ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_areas_parent_code"), ["parent_code"], unique=False)
        batch_op.create_index("ix_areas_pinyin_initials", ["pinyin_initials"], unique=False)

    op.create_table(
        "change_counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_counter")),
    )
    op.create_table(
        "changes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("entity_id", sa.String(length=40), nullable=False),
        sa.Column("payload", datasources.types.Json, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_area_code_seq", ["area_code", "seq"], unique=False)
        batch_op.create_index("ix_changes_entity_id", ["entity_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("criteria", datasources.types.Json, nullable=False),
        sa.Column("sent_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deadline", datasources.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", datasources.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("key", name=op.f("uq_orders_key")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_state_deadline", ["state", "deadline"], unique=False)

    op.create_table(
        "photos",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sa.UniqueConstraint("key", name=op.f("uq_photos_key")),
    )
    op.create_table(
        "positions",
        sa.Column("unit_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("lon_e6", sa.Integer(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Integer(), nullable=False),
        sa.Column("accuracy_m", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("unit_number", name=op.f("pk_positions")),
    )
    op.create_table(
        "tracks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("unit_number", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("lon_e6", sa.Integer(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracks")),
    )
    with op.batch_alter_table("tracks", schema=None) as batch_op:
        batch_op.create_index("ix_tracks_at_ms", ["at_ms"], unique=False)
        batch_op.create_index("ix_tracks_unit_number_at_ms", ["unit_number", "at_ms"], unique=False)

    op.create_table(
        "units",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("pinyin_initials", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("phone", sa.String(length=24), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("duty", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
        sa.UniqueConstraint("number", name=op.f("uq_units_number")),
    )
    with op.batch_alter_table("units", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_units_area_code"), ["area_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_units_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_units_pinyin_initials"), ["pinyin_initials"], unique=False)

    op.create_table(
        "video_points",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("stream_url", sa.String(length=300), nullable=True),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_video_points")),
    )
    with op.batch_alter_table("video_points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_video_points_area_code"), ["area_code"], unique=False)
        batch_op.create_index("ix_video_points_lat_lon", ["lat", "lon"], unique=False)

    op.create_table(
        "warnings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("urgency", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.String(length=12), nullable=False),
        sa.Column("certainty", sa.String(length=12), nullable=False),
        sa.Column("headline", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sent", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("effective", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warnings")),
        sa.UniqueConstraint("key", name=op.f("uq_warnings_key")),
    )
    with op.batch_alter_table("warnings", schema=None) as batch_op:
        batch_op.create_index("ix_warnings_state_area_code", ["state", "area_code"], unique=False)
        batch_op.create_index("ix_warnings_state_expires", ["state", "expires"], unique=False)

    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_accounts_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("unit_name", sa.String(length=40), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("times", datasources.types.Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_deliveries_order_id_orders")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_deliveries_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("order_id", "unit_id", name=op.f("uq_deliveries_order_id_unit_id")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_area_code_state", ["area_code", "state"], unique=False)
        batch_op.create_index("ix_deliveries_order_id_state", ["order_id", "state"], unique=False)
        batch_op.create_index("ix_deliveries_unit_id_state", ["unit_id", "state"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("reporter_unit_id", sa.String(length=36), nullable=True),
        sa.Column("reporter", sa.String(length=80), nullable=False),
        sa.Column("handler_unit_id", sa.String(length=36), nullable=True),
        sa.Column("handler", sa.String(length=40), nullable=True),
        sa.Column("photo_id", sa.String(length=36), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("reported_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", datasources.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["handler_unit_id"], ["units.id"], name=op.f("fk_tickets_handler_unit_id_units")),
        sa.ForeignKeyConstraint(["reporter_unit_id"], ["units.id"], name=op.f("fk_tickets_reporter_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("key", name=op.f("uq_tickets_key")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tickets_photo_id"), ["photo_id"], unique=False)
        batch_op.create_index("ix_tickets_state_area_code", ["state", "area_code"], unique=False)
        batch_op.create_index("ix_tickets_state_due_at", ["state", "due_at"], unique=False)

    op.create_table(
        "unit_roles",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_roles_unit_id_units"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("unit_id", "role", name=op.f("pk_unit_roles")),
    )
    with op.batch_alter_table("unit_roles", schema=None) as batch_op:
        batch_op.create_index("ix_unit_roles_role", ["role"], unique=False)

    op.create_table(
        "unit_skills",
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("skill", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_skills_unit_id_units"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("unit_id", "skill", name=op.f("pk_unit_skills")),
    )
    with op.batch_alter_table("unit_skills", schema=None) as batch_op:
        batch_op.create_index("ix_unit_skills_skill", ["skill"], unique=False)

    op.create_table(
        "delivery_steps",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("tapped_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_steps_delivery_id_deliveries")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_delivery_steps")),
    )
    with op.batch_alter_table("delivery_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_steps_delivery_id"), ["delivery_id"], unique=False)

    op.create_table(
        "ticket_steps",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.String(length=36), nullable=False),
        sa.Column("at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_steps_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_steps")),
    )
    with op.batch_alter_table("ticket_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_steps_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("area_code", datasources.types.AreaCode, nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("unit_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", datasources.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", datasources.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tokens_account_id_accounts")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_tokens_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_tokens_secret_hash")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_account_id"), ["account_id"], unique=False)
    op.execute("INSERT INTO change_counter (id, seq) VALUES (1, 0)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_areas_geometry ON areas USING gist (geometry)")


def downgrade() -> None:
    raise NotImplementedError("the first form has nothing before it: restore a backup")
