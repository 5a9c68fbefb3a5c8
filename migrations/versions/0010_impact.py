"""impact: thank-you links and what comes in by them, lines in bundles, each person once for each work
"""

import secrets

import sqlalchemy as sa
from alembic import op

from app.core.crypto import CODE_ALPHABET
from app.core.db import Instant

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


KINDS = "kind IN ('credit', 'thanks', 'relay', 'answer', 'praise', 'milestone', 'referral', 'idea', 'reach')"
OLD_KINDS = "kind IN ('credit', 'thanks', 'relay', 'answer', 'milestone', 'idea')"


KEPT = "id, key, member_id, kind, person_id, subject, outcome, quote, link, occurred_at"


def _aside():
    """Put lines and people aside. SQLite can change a table only by building it anew, which it refuses while
    another table refers to it; so both are built anew, on either database."""
    op.execute("CREATE TABLE helped_aside AS SELECT member_id, person_id, first_line_id FROM helped")
    op.drop_table('helped')
    op.execute(f"CREATE TABLE line_aside AS SELECT {KEPT}, person_name FROM impact_line")
    op.drop_table('impact_line')


def _line_columns():
    return [
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('member_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('person_name', sa.String(), nullable=True),
        sa.Column('subject', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('outcome', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('quote', sa.String(), nullable=True),
        sa.Column('link', sa.String(), nullable=True),
        sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('person_id IS NULL OR person_id <> member_id', name=op.f('ck_impact_line_not_oneself')),
        sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_impact_line_member_id_member')),
        sa.ForeignKeyConstraint(['person_id'], ['member.id'], name=op.f('fk_impact_line_person_id_member')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_impact_line')),
        sa.UniqueConstraint('key', name=op.f('uq_impact_line_key')),
    ]


def _old_lines():
    op.create_table('impact_line', *_line_columns(),
        sa.CheckConstraint(OLD_KINDS, name=op.f('ck_impact_line_kind')),
    )


def _new_lines():
    op.create_table('impact_line', *_line_columns(),
        sa.Column('about', sa.String(), nullable=False),
        sa.Column('bundle_id', sa.Integer(), nullable=False),
        sa.Column('thanks_id', sa.Integer(), nullable=True),
        sa.Column('reader', sa.String(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f('ck_impact_line_kind')),
        sa.CheckConstraint(
            'person_id IS NULL OR (reader IS NULL AND person_name IS NULL)', name=op.f('ck_impact_line_one_person')
        ),
        sa.ForeignKeyConstraint(['bundle_id'], ['impact_bundle.id'], name=op.f('fk_impact_line_bundle_id_impact_bundle')),
        sa.ForeignKeyConstraint(['thanks_id'], ['thanks.id'], name=op.f('fk_impact_line_thanks_id_thanks')),
        sa.UniqueConstraint('member_id', 'about', 'person_id', name=op.f('uq_impact_line_member_id_about_person_id')),
        sa.UniqueConstraint('member_id', 'about', 'reader', name=op.f('uq_impact_line_member_id_about_reader')),
        sa.UniqueConstraint('thanks_id', name=op.f('uq_impact_line_thanks_id')),
    )
    op.create_index('ix_impact_line_bundle_id_id', 'impact_line', ['bundle_id', 'id'])
    op.create_index('ix_impact_line_member_id_occurred_at', 'impact_line', ['member_id', 'occurred_at'])
    op.create_index('ix_impact_line_occurred_at', 'impact_line', ['occurred_at'])


def _back():
    """Take the people in again; the lines have been."""
    op.drop_table('line_aside')
    op.create_index('ix_impact_line_member_id_id', 'impact_line', ['member_id', 'id'])
    op.create_index('ix_impact_line_member_id_kind_id', 'impact_line', ['member_id', 'kind', 'id'])
    op.create_table('helped',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('first_line_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['first_line_id'], ['impact_line.id'], name=op.f('fk_helped_first_line_id_impact_line')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_helped_member_id_member')),
    sa.ForeignKeyConstraint(['person_id'], ['member.id'], name=op.f('fk_helped_person_id_member')),
    sa.PrimaryKeyConstraint('member_id', 'person_id', name=op.f('pk_helped'))
    )
    op.execute(
        "INSERT INTO helped (member_id, person_id, first_line_id) "
        "SELECT member_id, person_id, first_line_id FROM helped_aside"
    )
    op.drop_table('helped_aside')
    op.create_index('ix_helped_person_id', 'helped', ['person_id'])
    if op.get_bind().dialect.name == 'postgresql':
        # the rows came with their ids: the sequence goes on behind them
        op.execute(
            "SELECT setval(pg_get_serial_sequence('impact_line', 'id'), coalesce(max(id), 0) + 1, false) "
            "FROM impact_line"
        )


def _links():
    """A thank-you link for every post and every resource that a member wrote."""
    bind = op.get_bind()
    link = sa.table(
        'thanks_link', sa.column('code'), sa.column('about'), sa.column('member_id'), sa.column('kind'),
        sa.column('title', sa.JSON()), sa.column('cover_media_id'), sa.column('created_at', Instant()),
        sa.column('hour'), sa.column('hour_thanks'), sa.column('hour_words'),
    )
    post = sa.table(
        'post', sa.column('id'), sa.column('member_id'), sa.column('title'), sa.column('link'),
        sa.column('registered_at', Instant()),
    )
    resource = sa.table(
        'resource', sa.column('id'), sa.column('author_id'), sa.column('title'), sa.column('title_en'),
        sa.column('kind'), sa.column('cover_media_id'), sa.column('published_at', Instant()),
    )
    rows = [
        {'about': f'post:{row.id}', 'member_id': row.member_id, 'kind': 'post', 'cover_media_id': None,
         'title': {'zh': row.title or row.link, 'en': row.title or row.link}, 'created_at': row.registered_at}
        for row in bind.execute(sa.select(post).order_by(post.c.id))
    ] + [
        {'about': f'resource:{row.id}', 'member_id': row.author_id, 'kind': row.kind,
         'cover_media_id': row.cover_media_id,
         'title': {'zh': row.title, 'en': row.title_en or row.title}, 'created_at': row.published_at}
        for row in bind.execute(sa.select(resource).order_by(resource.c.id))
        if row.author_id is not None and row.published_at is not None
    ]
    taken = set()
    for row in rows:
        code = ''
        while not code or code in taken:
            code = ''.join(secrets.choice(CODE_ALPHABET) for _ in range(7))
        taken.add(code)
        bind.execute(link.insert().values(code=code, hour=0, hour_thanks=0, hour_words=0, **row))


def upgrade():
    op.create_table('thanks_setting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invite_code', sa.String(), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_thanks_setting_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_thanks_setting'))
    )
    op.create_table('held_word',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('word', sa.String(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['member.id'], name=op.f('fk_held_word_by_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_held_word')),
    sa.UniqueConstraint('word', name=op.f('uq_held_word_word'))
    )
    op.create_table('impact_bundle',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('latest_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('hidden_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('credit', 'thanks', 'relay', 'answer', 'praise', 'milestone', 'referral', 'idea', 'reach')", name=op.f('ck_impact_bundle_kind')),
    sa.CheckConstraint('lines > 0', name=op.f('ck_impact_bundle_lines')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_impact_bundle_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_impact_bundle')),
    sa.UniqueConstraint('key', name=op.f('uq_impact_bundle_key'))
    )
    with op.batch_alter_table('impact_bundle', schema=None) as batch_op:
        batch_op.create_index('ix_impact_bundle_member_id_kind_latest_at_id', ['member_id', 'kind', 'latest_at', 'id'], unique=False)
        batch_op.create_index('ix_impact_bundle_member_id_latest_at_id', ['member_id', 'latest_at', 'id'], unique=False)

    op.create_table('thanks_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('cover_media_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('hour', sa.Integer(), nullable=False),
    sa.Column('hour_thanks', sa.Integer(), nullable=False),
    sa.Column('hour_words', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('post', 'tutorial', 'case')", name=op.f('ck_thanks_link_kind')),
    sa.CheckConstraint('hour_thanks >= 0 AND hour_words >= 0', name=op.f('ck_thanks_link_hour')),
    sa.ForeignKeyConstraint(['cover_media_id'], ['media.id'], name=op.f('fk_thanks_link_cover_media_id_media')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_thanks_link_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_thanks_link')),
    sa.UniqueConstraint('about', name=op.f('uq_thanks_link_about')),
    sa.UniqueConstraint('code', name=op.f('uq_thanks_link_code'))
    )
    with op.batch_alter_table('thanks_link', schema=None) as batch_op:
        batch_op.create_index('ix_thanks_link_member_id', ['member_id'], unique=False)

    op.create_table('thanks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('link_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('reader', sa.String(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('words_state', sa.String(), nullable=False),
    sa.Column('held_for', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('rule', sa.String(), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('heard', sa.String(), nullable=True),
    sa.Column('may_name', sa.Boolean(), nullable=False),
    sa.Column('media_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(source = 'relay') = (by_id IS NOT NULL)", name=op.f('ck_thanks_relayed')),
    sa.CheckConstraint("heard IS NULL OR heard IN ('chat', 'store', 'phone', 'comments', 'elsewhere')", name=op.f('ck_thanks_heard')),
    sa.CheckConstraint("outcome IN ('chose', 'solved', 'learned', 'decided', 'enjoyed')", name=op.f('ck_thanks_outcome')),
    sa.CheckConstraint("source IN ('reader', 'member', 'relay')", name=op.f('ck_thanks_source')),
    sa.CheckConstraint("words_state IN ('none', 'shown', 'held', 'refused', 'passed')", name=op.f('ck_thanks_words_state')),
    sa.ForeignKeyConstraint(['by_id'], ['member.id'], name=op.f('fk_thanks_by_id_member')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['member.id'], name=op.f('fk_thanks_decided_by_id_member')),
    sa.ForeignKeyConstraint(['link_id'], ['thanks_link.id'], name=op.f('fk_thanks_link_id_thanks_link')),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_thanks_media_id_media')),
    sa.ForeignKeyConstraint(['person_id'], ['member.id'], name=op.f('fk_thanks_person_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_thanks')),
    sa.UniqueConstraint('link_id', 'reader', name=op.f('uq_thanks_link_id_reader'))
    )
    with op.batch_alter_table('thanks', schema=None) as batch_op:
        batch_op.create_index('ix_thanks_held', ['id'], unique=False, sqlite_where=sa.text("words_state = 'held'"), postgresql_where=sa.text("words_state = 'held'"))
        batch_op.create_index('ix_thanks_relay', ['id'], unique=False, sqlite_where=sa.text("source = 'relay'"), postgresql_where=sa.text("source = 'relay'"))
        batch_op.create_index('ix_thanks_refused', ['id'], unique=False, sqlite_where=sa.text("words_state = 'refused'"), postgresql_where=sa.text("words_state = 'refused'"))

    # each line gets a bundle of its own, and says which work it is about
    op.execute(
        "INSERT INTO impact_bundle (key, member_id, kind, lines, latest_at) "
        "SELECT key, member_id, kind, 1, occurred_at FROM impact_line ORDER BY id"
    )
    _aside()
    _new_lines()
    op.execute(
        f"INSERT INTO impact_line ({KEPT}, person_name, about, bundle_id, reader) "
        f"SELECT {KEPT}, CASE WHEN person_id IS NULL THEN person_name END, "
        "CASE WHEN link LIKE '/work/%' AND person_id IS NOT NULL THEN 'submission:' || substr(link, 7) ELSE key END, "
        "(SELECT id FROM impact_bundle WHERE impact_bundle.key = line_aside.key), "
        "CASE WHEN person_id IS NULL AND person_name IS NOT NULL THEN key END FROM line_aside ORDER BY line_aside.id"
    )
    _back()
    op.create_table('helped_reader',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('reader', sa.String(), nullable=False),
    sa.Column('first_line_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['first_line_id'], ['impact_line.id'], name=op.f('fk_helped_reader_first_line_id_impact_line')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_helped_reader_member_id_member')),
    sa.PrimaryKeyConstraint('member_id', 'reader', name=op.f('pk_helped_reader'))
    )
    op.execute(
        "INSERT INTO helped_reader (member_id, reader, first_line_id) "
        "SELECT member_id, reader, id FROM impact_line WHERE reader IS NOT NULL"
    )
    op.create_table('thanks_reply',
    sa.Column('line_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('held_for', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('sent', 'held', 'refused')", name=op.f('ck_thanks_reply_state')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['member.id'], name=op.f('fk_thanks_reply_decided_by_id_member')),
    sa.ForeignKeyConstraint(['line_id'], ['impact_line.id'], name=op.f('fk_thanks_reply_line_id_impact_line')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_thanks_reply_member_id_member')),
    sa.PrimaryKeyConstraint('line_id', name=op.f('pk_thanks_reply'))
    )
    with op.batch_alter_table('thanks_reply', schema=None) as batch_op:
        batch_op.create_index('ix_thanks_reply_held', ['line_id'], unique=False, sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"))
    op.add_column('member', sa.Column('named_to_helpers', sa.Boolean(), nullable=False, server_default=sa.true()))
    _links()


def downgrade():
    op.drop_column('member', 'named_to_helpers')
    op.drop_table('thanks_reply')
    op.drop_table('helped_reader')
    op.drop_table('held_word')
    op.drop_table('thanks_setting')
    new = "('praise', 'referral', 'reach')"
    op.execute(f"DELETE FROM helped WHERE first_line_id IN (SELECT id FROM impact_line WHERE kind IN {new})")
    op.execute(f"DELETE FROM impact_line WHERE kind IN {new}")
    _aside()
    _old_lines()
    op.execute(
        f"INSERT INTO impact_line ({KEPT}, person_name) SELECT {KEPT}, "
        "coalesce(person_name, (SELECT name FROM member WHERE member.id = person_id)) FROM line_aside ORDER BY id"
    )
    _back()
    op.drop_table('thanks')
    op.drop_table('thanks_link')
    op.drop_table('impact_bundle')
