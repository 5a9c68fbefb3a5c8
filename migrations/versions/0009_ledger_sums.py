"""ledger: an account's lines are summed out of their index
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_transfer_went", "transfer", ["debit_id", "id", "credit_id", "amount", "created_at"])
    op.create_index("ix_transfer_came", "transfer", ["credit_id", "id", "debit_id", "amount", "created_at"])
    op.drop_index("ix_transfer_debit_id_id", "transfer")
    op.drop_index("ix_transfer_credit_id_id", "transfer")


def downgrade():
    op.create_index("ix_transfer_debit_id_id", "transfer", ["debit_id", "id"])
    op.create_index("ix_transfer_credit_id_id", "transfer", ["credit_id", "id"])
    op.drop_index("ix_transfer_went", "transfer")
    op.drop_index("ix_transfer_came", "transfer")
