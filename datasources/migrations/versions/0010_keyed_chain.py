"""The chain of the change log has a key, and its counter a seal"""

import sqlalchemy as sa
from alembic import op

from datasources.sealing import begin_sealed

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_counter", sa.Column("keyed_after", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("change_counter", sa.Column("sealed_key", sa.Text(), nullable=False, server_default=""))
    op.add_column("change_counter", sa.Column("seal", sa.String(64), nullable=False, server_default=""))
    # Workers of the version before go on writing without the key for a while: `yiping keys renew` seals when the last of them has gone.
    # Where nothing has been written yet there are none.
    begin_sealed(op.get_bind())


def downgrade() -> None:
    for column in ("keyed_after", "sealed_key", "seal"):
        op.drop_column("change_counter", column)
