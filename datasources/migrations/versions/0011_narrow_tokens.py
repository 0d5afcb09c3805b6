"""When and from where a token was used last, and from where it may be used"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from datasources.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("used_at", UtcDateTime(), nullable=True))
    # Nobody has counted yet: whoever is signed in has just been here.
    tokens = sa.table("tokens", sa.column("kind", sa.String), sa.column("used_at", UtcDateTime()), sa.column("revoked_at", UtcDateTime()))
    here = tokens.update().where(tokens.c.kind == "session", tokens.c.revoked_at.is_(None))
    op.execute(here.values(used_at=datetime.now(UTC)))
    op.add_column("tokens", sa.Column("used_from", sa.String(45), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("networks", sa.String(200), nullable=False, server_default=""))


def downgrade() -> None:
    for column in ("used_at", "used_from", "networks"):
        op.drop_column("tokens", column)
