"""quests in full: quick tasks, stages, agreements, proposals, the desk's second look and samples, posts

Columns are added by plain ALTER TABLE, which both databases do in place: a copy of `quest` or `submission`
would lose the triggers of 0002 and could not replace a table that others refer to. `review`, to which nothing
refers, is copied on SQLite, as its constraints change.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("evidence", "link_key", "VARCHAR"),
    (
        "quest",
        "kind",
        "VARCHAR CONSTRAINT ck_quest_kind CHECK (kind IS NULL OR (preset = 'quick_task' "
        "AND kind IN ('poll', 'photo_call', 'tip', 'survey', 'share')))",
    ),
    ("quest", "confidential", "BOOLEAN NOT NULL DEFAULT false"),
    ("quest", "hosted_by_id", "INTEGER CONSTRAINT fk_quest_hosted_by_id_member REFERENCES member (id)"),
    ("quest_version", "stages", "JSON NOT NULL DEFAULT '[]'"),
    ("quest_version", "focus", "JSON NOT NULL DEFAULT '[]'"),
    ("quest_version", "format", "VARCHAR NOT NULL DEFAULT ''"),
    ("quest_version", "format_en", "VARCHAR NOT NULL DEFAULT ''"),
    ("submission", "stage", "INTEGER NOT NULL DEFAULT 1 CONSTRAINT ck_submission_stage CHECK (stage > 0)"),
    ("submission", "stage_round", "INTEGER NOT NULL DEFAULT 1"),
    ("submission", "look", "INTEGER NOT NULL DEFAULT 1 CONSTRAINT ck_submission_look CHECK (look IN (1, 2))"),
    ("submission", "declined_by_id", "INTEGER CONSTRAINT fk_submission_declined_by_id_member REFERENCES member (id)"),
    ("submission", "undone_count", "INTEGER NOT NULL DEFAULT 0"),
    ("submission", "checks", "JSON NOT NULL DEFAULT '[]'"),
    ("submission", "sampled", "BOOLEAN NOT NULL DEFAULT false"),
    (
        "submission",
        "useful_count",
        "INTEGER NOT NULL DEFAULT 0 CONSTRAINT ck_submission_useful_count CHECK (useful_count >= 0)",
    ),
)
WHEN_UNDONE = sa.text("undone_at IS NULL")
REVIEW = (
    "id, submission_id, round, reviewer_id, decision, highlight, suggestion, reason, scores, checks, "
    "waited_minutes, in_time, created_at"
)
DECISIONS = ("approved", "changes", "declined")
# the columns of a quest that its board shows, before and now
BOARD = (
    "preset, state, track_key, rung, position, icon, version_id, badge_id, to_participant, to_contributor, "
    "to_cocreator, min_stars, named_members_only, opens_at, closes_at, repeat_days, sky_x, sky_y"
)


def watch_quests(columns):
    """The trigger of 0002 on changed quests, for these columns."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER board_quest_update ON quest")
        op.execute(
            f"CREATE TRIGGER board_quest_update AFTER UPDATE OF {columns} ON quest "
            "FOR EACH ROW EXECUTE FUNCTION board_quest_update()"
        )
        return
    op.execute("DROP TRIGGER board_quest_update")
    op.execute(
        f"CREATE TRIGGER board_quest_update AFTER UPDATE OF {columns} ON quest FOR EACH ROW "
        "WHEN OLD.state <> 'draft' OR NEW.state <> 'draft' "
        "OR EXISTS (SELECT 1 FROM quest_prerequisite WHERE requires_quest_id = NEW.id) "
        "BEGIN UPDATE quest_board SET version = lower(hex(randomblob(16))); END"
    )


def copy_review(constraints, columns=()):
    """SQLite: put `review` into a table with other constraints, which it can't change in place."""
    op.create_table(
        "review_copied",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("highlight", sa.String(), nullable=False),
        sa.Column("suggestion", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("scores", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("checks", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("waited_minutes", sa.Integer(), nullable=False),
        sa.Column("in_time", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *columns,
        *constraints,
        sa.ForeignKeyConstraint(["reviewer_id"], ["member.id"], name=op.f("fk_review_reviewer_id_member")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_review_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.execute(f"INSERT INTO review_copied ({REVIEW}) SELECT {REVIEW} FROM review")
    op.drop_table("review")
    op.rename_table("review_copied", "review")
    op.create_index("ix_review_created_at", "review", ["created_at"])
    op.create_index("ix_review_reviewer_id_created_at", "review", ["reviewer_id", "created_at"])


def decided(decisions):
    return sa.CheckConstraint(f"decision IN {decisions}", name=op.f("ck_review_decision"))


def upgrade_review():
    if op.get_bind().dialect.name == "sqlite":
        columns = (
            sa.Column("look", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        )
        copy_review([decided((*DECISIONS, "passed"))], columns)
    else:
        op.execute("ALTER TABLE review ADD COLUMN look INTEGER NOT NULL DEFAULT 1")
        op.add_column("review", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
        op.drop_constraint(op.f("ck_review_decision"), "review")
        op.create_check_constraint(op.f("ck_review_decision"), "review", f"decision IN {(*DECISIONS, 'passed')}")
        op.drop_constraint(op.f("uq_review_submission_id_round"), "review")
    # every reader of a work's reviews goes by it; the unique one knows only those that count
    op.create_index("ix_review_submission_id_round", "review", ["submission_id", "round"])
    op.create_index(
        "uq_review_that_counts",
        "review",
        ["submission_id", "round", "look"],
        unique=True,
        sqlite_where=WHEN_UNDONE,
        postgresql_where=WHEN_UNDONE,
    )


def downgrade_review():
    """A second look and what was taken back have no place in it: the verdict that counts stays."""
    op.execute("DELETE FROM review WHERE undone_at IS NOT NULL OR decision = 'passed'")
    op.execute(
        "DELETE FROM review WHERE EXISTS (SELECT 1 FROM review AS later "
        "WHERE later.submission_id = review.submission_id AND later.round = review.round AND later.look > review.look)"
    )
    op.drop_index("uq_review_that_counts", "review")
    op.drop_index("ix_review_submission_id_round", "review")
    once = ("submission_id", "round")
    if op.get_bind().dialect.name == "sqlite":
        unique = sa.UniqueConstraint(*once, name=op.f("uq_review_submission_id_round"))
        copy_review([decided(DECISIONS), unique])
        return
    op.drop_constraint(op.f("ck_review_decision"), "review")
    op.create_check_constraint(op.f("ck_review_decision"), "review", f"decision IN {DECISIONS}")
    op.create_unique_constraint(op.f("uq_review_submission_id_round"), "review", once)
    op.drop_column("review", "undone_at")
    op.drop_column("review", "look")


def name_quick_tasks():
    """What each quick task is, by what its first step asks for."""
    kinds = {"choice": "poll", "photo": "photo_call", "link": "share"}
    database = op.get_bind()
    rows = database.execute(
        sa.text(
            "SELECT quest.id, quest_version.steps FROM quest "
            "JOIN quest_version ON quest_version.id = quest.version_id WHERE quest.preset = 'quick_task'"
        )
    ).all()
    for quest_id, steps in rows:
        steps = json.loads(steps) if isinstance(steps, str) else steps
        asks = steps[0].get("evidence") if steps else None
        kind = "survey" if len(steps) > 1 else kinds.get(asks, "tip")
        database.execute(sa.text("UPDATE quest SET kind = :kind WHERE id = :id"), {"kind": kind, "id": quest_id})


def upgrade():
    op.create_table('post',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('link', sa.String(), nullable=False),
    sa.Column('link_key', sa.String(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('made_for', sa.String(), nullable=True),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_post_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post')),
    sa.UniqueConstraint('member_id', 'link_key', name=op.f('uq_post_member_id_link_key'))
    )
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.create_index('ix_post_link_key', ['link_key'], unique=False)
        batch_op.create_index('ix_post_made_for', ['made_for'], unique=False)

    op.create_table('likeness',
    sa.Column('media_id', sa.Integer(), nullable=False),
    sa.Column('bits', sa.BigInteger(), nullable=False),
    sa.Column('quarter_0', sa.Integer(), nullable=False),
    sa.Column('quarter_1', sa.Integer(), nullable=False),
    sa.Column('quarter_2', sa.Integer(), nullable=False),
    sa.Column('quarter_3', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_likeness_media_id_media')),
    sa.PrimaryKeyConstraint('media_id', name=op.f('pk_likeness'))
    )
    with op.batch_alter_table('likeness', schema=None) as batch_op:
        batch_op.create_index('ix_likeness_quarter_0', ['quarter_0'], unique=False)
        batch_op.create_index('ix_likeness_quarter_1', ['quarter_1'], unique=False)
        batch_op.create_index('ix_likeness_quarter_2', ['quarter_2'], unique=False)
        batch_op.create_index('ix_likeness_quarter_3', ['quarter_3'], unique=False)

    op.create_table('post_figure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('metric', sa.String(), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('media_id', sa.Integer(), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("metric IN ('views', 'likes', 'comments', 'saves')", name=op.f('ck_post_figure_metric')),
    sa.CheckConstraint("source IN ('reported', 'imported')", name=op.f('ck_post_figure_source')),
    sa.CheckConstraint("state IN ('waiting', 'confirmed', 'refused')", name=op.f('ck_post_figure_state')),
    sa.CheckConstraint('value >= 0', name=op.f('ck_post_figure_value')),
    sa.ForeignKeyConstraint(['by_id'], ['member.id'], name=op.f('fk_post_figure_by_id_member')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['member.id'], name=op.f('fk_post_figure_decided_by_id_member')),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_post_figure_media_id_media')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_post_figure_post_id_post')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_figure')),
    sa.UniqueConstraint('key', name=op.f('uq_post_figure_key'))
    )
    with op.batch_alter_table('post_figure', schema=None) as batch_op:
        batch_op.create_index('ix_post_figure_post_id_metric_at', ['post_id', 'metric', 'at'], unique=False)
        batch_op.create_index('ix_post_figure_waiting', ['id'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.create_table('call_proposal',
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('proposed', 'nodded', 'refused', 'withdrawn')", name=op.f('ck_call_proposal_state')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['member.id'], name=op.f('fk_call_proposal_decided_by_id_member')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_call_proposal_member_id_member')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_call_proposal_quest_id_quest')),
    sa.PrimaryKeyConstraint('quest_id', name=op.f('pk_call_proposal'))
    )
    with op.batch_alter_table('call_proposal', schema=None) as batch_op:
        batch_op.create_index('ix_call_proposal_member_id', ['member_id'], unique=False)
        batch_op.create_index('ix_call_proposal_waiting', ['created_at'], unique=False, sqlite_where=sa.text("state = 'proposed'"), postgresql_where=sa.text("state = 'proposed'"))

    op.create_table('poll_tally',
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('option_key', sa.String(), nullable=False),
    sa.Column('votes', sa.Integer(), nullable=False),
    sa.CheckConstraint('votes >= 0', name=op.f('ck_poll_tally_votes')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_poll_tally_quest_id_quest')),
    sa.PrimaryKeyConstraint('quest_id', 'option_key', name=op.f('pk_poll_tally'))
    )
    op.create_table('quest_seen',
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_quest_seen_member_id_member')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_quest_seen_quest_id_quest')),
    sa.PrimaryKeyConstraint('quest_id', 'member_id', name=op.f('pk_quest_seen'))
    )
    op.create_table('quest_skip',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_quest_skip_member_id_member')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_quest_skip_quest_id_quest')),
    sa.PrimaryKeyConstraint('member_id', 'quest_id', name=op.f('pk_quest_skip'))
    )
    op.create_table('terms_agreement',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_terms_agreement_member_id_member')),
    sa.ForeignKeyConstraint(['version_id'], ['quest_version.id'], name=op.f('fk_terms_agreement_version_id_quest_version')),
    sa.PrimaryKeyConstraint('member_id', 'version_id', name=op.f('pk_terms_agreement'))
    )
    op.create_table('likeness_cleared',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('earlier_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['member.id'], name=op.f('fk_likeness_cleared_by_id_member')),
    sa.ForeignKeyConstraint(['earlier_id'], ['submission.id'], name=op.f('fk_likeness_cleared_earlier_id_submission')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_likeness_cleared_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', 'earlier_id', name=op.f('pk_likeness_cleared'))
    )
    op.create_table('nomination',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('case', 'month')", name=op.f('ck_nomination_kind')),
    sa.ForeignKeyConstraint(['by_id'], ['member.id'], name=op.f('fk_nomination_by_id_member')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_nomination_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', 'kind', name=op.f('pk_nomination'))
    )
    with op.batch_alter_table('nomination', schema=None) as batch_op:
        batch_op.create_index('ix_nomination_kind_created_at', ['kind', 'created_at'], unique=False)

    op.create_table('poll_vote',
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('option_key', sa.String(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('voted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_poll_vote_member_id_member')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_poll_vote_quest_id_quest')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_poll_vote_submission_id_submission')),
    sa.PrimaryKeyConstraint('quest_id', 'member_id', name=op.f('pk_poll_vote'))
    )
    with op.batch_alter_table('poll_vote', schema=None) as batch_op:
        batch_op.create_index('ix_poll_vote_submission_id', ['submission_id'], unique=False)

    op.create_table('remark',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('step_key', sa.String(), nullable=True),
    sa.Column('media_id', sa.Integer(), nullable=True),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('pin', 'mentor', 'talk')", name=op.f('ck_remark_kind')),
    sa.ForeignKeyConstraint(['author_id'], ['member.id'], name=op.f('fk_remark_author_id_member')),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_remark_media_id_media')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_remark_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remark')),
    sa.UniqueConstraint('key', name=op.f('uq_remark_key'))
    )
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.create_index('ix_remark_submission_id_id', ['submission_id', 'id'], unique=False)

    op.create_table('rung_paid',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('metric', sa.String(), nullable=False),
    sa.Column('threshold', sa.Integer(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_rung_paid_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', 'metric', 'threshold', name=op.f('pk_rung_paid'))
    )
    op.create_table('second_score',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=False),
    sa.Column('decision', sa.String(), nullable=False),
    sa.Column('scores', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("decision IN ('approved', 'changes', 'declined')", name=op.f('ck_second_score_decision')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['member.id'], name=op.f('fk_second_score_reviewer_id_member')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_second_score_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', name=op.f('pk_second_score'))
    )
    with op.batch_alter_table('second_score', schema=None) as batch_op:
        batch_op.create_index('ix_second_score_created_at', ['created_at'], unique=False)

    op.create_table('tip_useful',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_tip_useful_member_id_member')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_tip_useful_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', 'member_id', name=op.f('pk_tip_useful'))
    )
    for table, column, what in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {what}")
    op.create_index("ix_evidence_link_key", "evidence", ["link_key"])
    sampled, approved = sa.text("sampled"), sa.text("state = 'approved'")
    op.create_index(
        "ix_submission_sampled", "submission", ["id"], sqlite_where=sampled, postgresql_where=sampled
    )
    op.create_index(
        "ix_submission_useful",
        "submission",
        ["quest_id", "useful_count", "id"],
        sqlite_where=approved,
        postgresql_where=approved,
    )
    upgrade_review()
    name_quick_tasks()
    watch_quests(f"{BOARD}, kind, confidential, hosted_by_id")


def downgrade():
    watch_quests(BOARD)
    downgrade_review()
    for index in ("ix_submission_useful", "ix_submission_sampled"):
        op.drop_index(index, "submission")
    op.drop_index("ix_evidence_link_key", "evidence")
    for table, column, _what in reversed(COLUMNS):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.drop_table('tip_useful')
    with op.batch_alter_table('second_score', schema=None) as batch_op:
        batch_op.drop_index('ix_second_score_created_at')

    op.drop_table('second_score')
    op.drop_table('rung_paid')
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.drop_index('ix_remark_submission_id_id')

    op.drop_table('remark')
    with op.batch_alter_table('poll_vote', schema=None) as batch_op:
        batch_op.drop_index('ix_poll_vote_submission_id')

    op.drop_table('poll_vote')
    with op.batch_alter_table('nomination', schema=None) as batch_op:
        batch_op.drop_index('ix_nomination_kind_created_at')

    op.drop_table('nomination')
    op.drop_table('likeness_cleared')
    op.drop_table('terms_agreement')
    op.drop_table('quest_skip')
    op.drop_table('quest_seen')
    op.drop_table('poll_tally')
    with op.batch_alter_table('call_proposal', schema=None) as batch_op:
        batch_op.drop_index('ix_call_proposal_waiting', sqlite_where=sa.text("state = 'proposed'"), postgresql_where=sa.text("state = 'proposed'"))
        batch_op.drop_index('ix_call_proposal_member_id')

    op.drop_table('call_proposal')
    with op.batch_alter_table('post_figure', schema=None) as batch_op:
        batch_op.drop_index('ix_post_figure_waiting', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.drop_index('ix_post_figure_post_id_metric_at')

    op.drop_table('post_figure')
    with op.batch_alter_table('likeness', schema=None) as batch_op:
        batch_op.drop_index('ix_likeness_quarter_3')
        batch_op.drop_index('ix_likeness_quarter_2')
        batch_op.drop_index('ix_likeness_quarter_1')
        batch_op.drop_index('ix_likeness_quarter_0')

    op.drop_table('likeness')
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_index('ix_post_made_for')
        batch_op.drop_index('ix_post_link_key')

    op.drop_table('post')
