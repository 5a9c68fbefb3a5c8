"""quick_task_rule: the public rule under which quick tasks pay, for programmes that were founded without it
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    # a database without any rule is founded later, with this one
    op.execute(
        sa.text(
            "INSERT INTO point_rule (key, position, name, name_en, hint, hint_en, per_quest) "
            "SELECT 'quick_task', max(position) + 1, :name, :name_en, :hint, :hint_en, :yes FROM point_rule "
            "HAVING count(*) > 0 AND sum(CASE WHEN key = 'quick_task' THEN 1 ELSE 0 END) = 0"
        ).bindparams(
            name="轻任务",
            name_en="Quick tasks",
            hint="每张卡片上写着，5 到 30",
            hint_en="As each card says, from 5 to 30",
            yes=True,
        )
    )


def downgrade():
    # a rule that something was paid under, or that a quest names, stays
    op.execute(
        "DELETE FROM point_rule WHERE key = 'quick_task' "
        "AND NOT EXISTS (SELECT 1 FROM transfer WHERE rule_key = 'quick_task') "
        "AND NOT EXISTS (SELECT 1 FROM quest_version WHERE rule_key = 'quick_task') "
        "AND NOT EXISTS (SELECT 1 FROM point_rule_value WHERE rule_key = 'quick_task') "
        "AND NOT EXISTS (SELECT 1 FROM campaign WHERE rule_key = 'quick_task')"
    )
