"""A hash chain over the change log; telephone numbers encrypted; second factor, sign-in elsewhere, sessions that say where they are from"""

import sqlalchemy as sa
from alembic import op

from datasources.chain import FIRST
from datasources.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Changes of before have no hash: the chain begins with the next. Columns are added with defaults, so that servers of the version before
    # can go on while it happens.
    op.add_column("changes", sa.Column("hash", sa.String(64), nullable=True))
    op.add_column("change_counter", sa.Column("hash", sa.String(64), nullable=False, server_default=FIRST))
    op.add_column("change_counter", sa.Column("chained_after", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(sa.text("UPDATE change_counter SET chained_after = seq"))
    # Numbers are stored as they were until `yiping keys renew` encrypts them: that needs the key, which a migration has not.
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("units", "phone", type_=sa.Text(), existing_type=sa.String(24), existing_nullable=False)
    else:
        # Alembic would copy the table and drop it, which on SQLite takes the rows along that refer to it.
        op.add_column("units", sa.Column("phone_text", sa.Text(), nullable=False, server_default=""))
        op.execute(sa.text("UPDATE units SET phone_text = phone"))
        op.execute(sa.text("ALTER TABLE units DROP COLUMN phone"))
        op.execute(sa.text("ALTER TABLE units RENAME COLUMN phone_text TO phone"))
    op.add_column("units", sa.Column("phone_index", sa.String(32), nullable=False, server_default=""))
    op.create_index("ix_units_phone_index", "units", ["phone_index"])
    op.add_column("accounts", sa.Column("subject", sa.String(255), nullable=True))
    op.add_column("accounts", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("totp_used", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_accounts_subject", "accounts", ["subject"], unique=True)
    op.add_column("tokens", sa.Column("peer", sa.String(45), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("agent", sa.String(200), nullable=False, server_default=""))
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("login", sa.String(40), nullable=False),
        sa.Column("peer", sa.String(45), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    for column in ("login", "peer"):
        op.create_index(f"ix_sign_in_failures_{column}_at", "sign_in_failures", [column, "at"])


def downgrade() -> None:
    raise NotImplementedError("what has been encrypted cannot be read by the version before: restore the backup of before the upgrade")
