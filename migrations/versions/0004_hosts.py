"""hosts: who reads what is sent to a call of their own, and whose name it bears

`member_capability`, to which nothing refers, is copied on SQLite, as its constraint changes. A member's name
stands on the board beside the calls that they host: another one, or their leaving, outdates its copies (0002).
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = ("mentor", "expert", "reviewer", "publisher", "admin")
HOSTS = "EXISTS (SELECT 1 FROM quest WHERE hosted_by_id = NEW.id)"


def allow(capabilities):
    check = f"capability IN {capabilities}"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_member_capability_capability"), "member_capability")
        op.create_check_constraint(op.f("ck_member_capability_capability"), "member_capability", check)
        return
    op.create_table(
        "member_capability_copied",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("capability", sa.String(), nullable=False),
        sa.CheckConstraint(check, name=op.f("ck_member_capability_capability")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_member_capability_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", "capability", name=op.f("pk_member_capability")),
    )
    op.execute("INSERT INTO member_capability_copied SELECT member_id, capability FROM member_capability")
    op.drop_table("member_capability")
    op.rename_table("member_capability_copied", "member_capability")


def upgrade():
    allow((*BEFORE, "host"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER board_member_update AFTER UPDATE OF name, left_at ON member FOR EACH ROW WHEN {HOSTS} "
            "BEGIN UPDATE quest_board SET version = lower(hex(randomblob(16))); END"
        )
        return
    op.execute(
        "CREATE FUNCTION board_member_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {HOSTS} THEN UPDATE quest_board SET version = gen_random_uuid()::text; END IF; "
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER board_member_update AFTER UPDATE OF name, left_at ON member FOR EACH ROW "
        "EXECUTE FUNCTION board_member_update()"
    )


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER board_member_update")
    else:
        op.execute("DROP TRIGGER board_member_update ON member")
        op.execute("DROP FUNCTION board_member_update()")
    op.execute("DELETE FROM member_capability WHERE capability = 'host'")
    allow(BEFORE)
