"""questions_and_adjustments: what members ask about a line, and points given or taken by hand
"""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("answered_at IS NULL")


def upgrade():
    op.create_table(
        "adjustment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'booked', 'declined', 'withdrawn')", name=op.f("ck_adjustment_state")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_adjustment_amount")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_adjustment_reason")),
        sa.CheckConstraint("proposed_by_id <> member_id", name=op.f("ck_adjustment_own")),
        sa.CheckConstraint(
            "signed_by_id IS NULL OR (signed_by_id <> proposed_by_id AND signed_by_id <> member_id)",
            name=op.f("ck_adjustment_second"),
        ),
        sa.CheckConstraint(
            "state <> 'booked' OR abs(amount) <= 1000 OR signed_by_id IS NOT NULL",
            name=op.f("ck_adjustment_signed"),
        ),
        sa.CheckConstraint(
            "state <> 'declined' OR (signed_by_id IS NOT NULL AND length(trim(refusal)) > 0)",
            name=op.f("ck_adjustment_refusal"),
        ),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_adjustment_decided")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_adjustment_member_id_member")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["member.id"], name=op.f("fk_adjustment_proposed_by_id_member")),
        sa.ForeignKeyConstraint(["signed_by_id"], ["member.id"], name=op.f("fk_adjustment_signed_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
        sa.UniqueConstraint("token", name=op.f("uq_adjustment_token")),
    )
    op.create_index("ix_adjustment_state_id", "adjustment", ["state", "id"])
    op.create_index("ix_adjustment_member_id", "adjustment", ["member_id"])
    op.create_table(
        "line_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.CheckConstraint("length(trim(text)) > 0 AND length(text) <= 500", name=op.f("ck_line_question_text")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL)", name=op.f("ck_line_question_answered")
        ),
        sa.CheckConstraint("answered_at IS NULL OR length(trim(answer)) > 0", name=op.f("ck_line_question_answer")),
        sa.CheckConstraint("answered_by_id IS NULL OR answered_by_id <> member_id", name=op.f("ck_line_question_own")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_line_question_transfer_id_transfer")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_line_question_member_id_member")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["member.id"], name=op.f("fk_line_question_answered_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_question")),
    )
    op.create_index(
        "uq_line_question_open", "line_question", ["transfer_id", "member_id"], unique=True,
        sqlite_where=OPEN, postgresql_where=OPEN,
    )
    op.create_index(
        "ix_line_question_waiting", "line_question", ["asked_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_line_question_member_id_transfer_id", "line_question", ["member_id", "transfer_id"])
    op.create_index("ix_line_question_answered_at", "line_question", ["answered_at"])


def downgrade():
    op.drop_table("line_question")
    op.drop_table("adjustment")
