"""The board's version: changes with anything that members may see of quests.

Triggers rather than a line in each command: whatever writes to these tables, the copies that processes keep
of the board (quests/queries_board.py) are outdated in the same transaction. A draft that nothing waits for
is on nobody's board; places taken (`started_count`) are not on it either.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEST = (
    "preset, state, track_key, rung, position, icon, version_id, badge_id, to_participant, to_contributor, "
    "to_cocreator, min_stars, named_members_only, opens_at, closes_at, repeat_days, sky_x, sky_y"
)
NEW_VERSION = {
    "sqlite": "UPDATE quest_board SET version = lower(hex(randomblob(16)))",
    "postgresql": "UPDATE quest_board SET version = gen_random_uuid()::text",
}
SEEN = "(SELECT 1 FROM quest WHERE id = {row}.quest_id AND state <> 'draft')"
NEEDED = "(SELECT 1 FROM quest_prerequisite WHERE requires_quest_id = {quest})"
# table, what happens to it, when it counts
TRIGGERS = (
    ("quest", "INSERT", "NEW.state <> 'draft'"),
    ("quest", f"UPDATE OF {QUEST}", f"OLD.state <> 'draft' OR NEW.state <> 'draft' OR EXISTS {NEEDED.format(quest='NEW.id')}"),
    ("quest", "DELETE", "OLD.state <> 'draft'"),
    ("quest_version", "UPDATE", f"EXISTS {SEEN.format(row='NEW')} OR EXISTS {NEEDED.format(quest='NEW.quest_id')}"),
    ("quest_prerequisite", "INSERT", f"EXISTS {SEEN.format(row='NEW')}"),
    ("quest_prerequisite", "UPDATE", f"EXISTS {SEEN.format(row='NEW')}"),
    ("quest_prerequisite", "DELETE", f"EXISTS {SEEN.format(row='OLD')}"),
    ("badge", "UPDATE OF name, name_en", None),
    ("track", "INSERT", None),
    ("track", "UPDATE", None),
    ("track", "DELETE", None),
)


def upgrade():
    op.create_table(
        "quest_board",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_quest_board_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quest_board")),
    )
    op.execute("INSERT INTO quest_board (id, version) VALUES (1, 'first')")
    dialect = op.get_bind().dialect.name
    for table, event, when in TRIGGERS:
        name = f"board_{table}_{event.split()[0].lower()}"
        if dialect == "sqlite":
            condition = f" WHEN {when}" if when else ""
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW{condition} "
                f"BEGIN {NEW_VERSION[dialect]}; END"
            )
            continue
        changed = f"{NEW_VERSION[dialect]};"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            + (f"IF {when} THEN {changed} END IF;" if when else changed)
            + " RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def downgrade():
    for table, event, _when in TRIGGERS:
        name = f"board_{table}_{event.split()[0].lower()}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("quest_board")
