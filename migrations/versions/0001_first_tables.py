"""first tables

Revision ID: 0001
Revises: 
"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('audit_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('act', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('before', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('after', sa.JSON(none_as_null=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_line'))
    )
    with op.batch_alter_table('audit_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_line_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_line_subject'), ['subject'], unique=False)

    op.create_table('member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('tier', sa.String(), nullable=False),
    sa.Column('star_level', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('title_en', sa.String(), nullable=False),
    sa.Column('bio', sa.String(), nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('locale', sa.String(), nullable=True),
    sa.Column('theme', sa.String(), nullable=True),
    sa.Column('contact_person_id', sa.Integer(), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('privacy_accepted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("tier IN ('participant', 'contributor', 'cocreator')", name=op.f('ck_member_tier')),
    sa.CheckConstraint('star_level >= 0', name=op.f('ck_member_star_level')),
    sa.ForeignKeyConstraint(['contact_person_id'], ['member.id'], name=op.f('fk_member_contact_person_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_member')),
    sa.UniqueConstraint('login', name=op.f('uq_member_login')),
    sa.UniqueConstraint('number', name=op.f('uq_member_number'))
    )
    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_member_joined_at'), ['joined_at'], unique=False)

    op.create_table('point_rule',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('hint', sa.String(), nullable=False),
    sa.Column('hint_en', sa.String(), nullable=False),
    sa.Column('per_quest', sa.Boolean(), nullable=False),
    sa.Column('daily_cap', sa.Integer(), nullable=True),
    sa.Column('monthly_cap', sa.Integer(), nullable=True),
    sa.CheckConstraint('daily_cap IS NULL OR daily_cap > 0', name=op.f('ck_point_rule_daily_cap')),
    sa.CheckConstraint('monthly_cap IS NULL OR monthly_cap > 0', name=op.f('ck_point_rule_monthly_cap')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_point_rule'))
    )
    op.create_table('programme',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('timezone', sa.String(), nullable=False),
    sa.Column('letter', sa.String(), nullable=False),
    sa.Column('letter_en', sa.String(), nullable=False),
    sa.Column('leader_name', sa.String(), nullable=False),
    sa.Column('leader_name_en', sa.String(), nullable=False),
    sa.Column('leader_title', sa.String(), nullable=False),
    sa.Column('leader_title_en', sa.String(), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_programme_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme'))
    )
    op.create_table('star_level',
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('lifetime_from', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('opens', sa.String(), nullable=False),
    sa.Column('opens_en', sa.String(), nullable=False),
    sa.CheckConstraint('lifetime_from > 0', name=op.f('ck_star_level_positive')),
    sa.PrimaryKeyConstraint('level', name=op.f('pk_star_level')),
    sa.UniqueConstraint('lifetime_from', name=op.f('uq_star_level_lifetime_from'))
    )
    op.create_table('track',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('shape', sa.String(), nullable=False),
    sa.Column('figure_name', sa.String(), nullable=False),
    sa.Column('figure_name_en', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_track')),
    sa.UniqueConstraint('position', name=op.f('uq_track_position'))
    )
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=True),
    sa.Column('balance', sa.Integer(), nullable=False),
    sa.Column('lifetime', sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind IN ('wallet', 'debt')) = (member_id IS NOT NULL)", name=op.f('ck_account_whose')),
    sa.CheckConstraint("kind <> 'debt' OR balance <= 0", name=op.f('ck_account_debt')),
    sa.CheckConstraint("kind = 'debt' OR balance >= 0", name=op.f('ck_account_balance')),
    sa.CheckConstraint("kind IN ('wallet', 'debt', 'issued', 'held', 'redeemed', 'reversed', 'expired')", name=op.f('ck_account_kind')),
    sa.CheckConstraint('lifetime >= 0', name=op.f('ck_account_lifetime')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_account_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('member_id', 'kind', name=op.f('uq_account_member_id_kind'))
    )
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.create_index('uq_account_programme_kind', ['kind'], unique=True, sqlite_where=sa.text('member_id IS NULL'), postgresql_where=sa.text('member_id IS NULL'))

    op.create_table('badge',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('track_key', sa.String(), nullable=False),
    sa.Column('icon', sa.String(), nullable=False),
    sa.Column('rung', sa.Integer(), nullable=False),
    sa.Column('fact', sa.String(), nullable=True),
    sa.Column('fact_scope', sa.String(), nullable=False),
    sa.Column('fact_count', sa.Integer(), nullable=False),
    sa.Column('award_count', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('fact_count > 0', name=op.f('ck_badge_fact_count')),
    sa.CheckConstraint('rung BETWEEN 1 AND 3', name=op.f('ck_badge_rung')),
    sa.ForeignKeyConstraint(['track_key'], ['track.key'], name=op.f('fk_badge_track_key_track')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_badge')),
    sa.UniqueConstraint('key', name=op.f('uq_badge_key'))
    )
    with op.batch_alter_table('badge', schema=None) as batch_op:
        batch_op.create_index('ix_badge_fact_scope', ['fact', 'fact_scope'], unique=False)

    op.create_table('campaign',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('rule_key', sa.String(), nullable=False),
    sa.Column('multiplier_percent', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('reason_en', sa.String(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_campaign_dates')),
    sa.CheckConstraint('multiplier_percent > 100', name=op.f('ck_campaign_multiplier')),
    sa.ForeignKeyConstraint(['rule_key'], ['point_rule.key'], name=op.f('fk_campaign_rule_key_point_rule')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign'))
    )
    with op.batch_alter_table('campaign', schema=None) as batch_op:
        batch_op.create_index('ix_campaign_rule_key_starts_at', ['rule_key', 'starts_at'], unique=False)

    op.create_table('fact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('scope', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_fact_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fact')),
    sa.UniqueConstraint('key', 'scope', name=op.f('uq_fact_key_scope'))
    )
    with op.batch_alter_table('fact', schema=None) as batch_op:
        batch_op.create_index('ix_fact_member_id_name_scope', ['member_id', 'name', 'scope'], unique=False)

    op.create_table('impact_line',
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
    sa.CheckConstraint("kind IN ('credit', 'thanks', 'relay', 'answer', 'milestone', 'idea')", name=op.f('ck_impact_line_kind')),
    sa.CheckConstraint('person_id IS NULL OR person_id <> member_id', name=op.f('ck_impact_line_not_oneself')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_impact_line_member_id_member')),
    sa.ForeignKeyConstraint(['person_id'], ['member.id'], name=op.f('fk_impact_line_person_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_impact_line')),
    sa.UniqueConstraint('key', name=op.f('uq_impact_line_key'))
    )
    with op.batch_alter_table('impact_line', schema=None) as batch_op:
        batch_op.create_index('ix_impact_line_member_id_id', ['member_id', 'id'], unique=False)
        batch_op.create_index('ix_impact_line_member_id_kind_id', ['member_id', 'kind', 'id'], unique=False)

    op.create_table('invite',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('tier', sa.String(), nullable=False),
    sa.Column('contact_person_id', sa.Integer(), nullable=True),
    sa.Column('uses_allowed', sa.Integer(), nullable=False),
    sa.Column('uses', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("tier IN ('participant', 'contributor', 'cocreator')", name=op.f('ck_invite_tier')),
    sa.CheckConstraint('uses >= 0 AND uses <= uses_allowed', name=op.f('ck_invite_uses')),
    sa.CheckConstraint('uses_allowed > 0', name=op.f('ck_invite_uses_allowed')),
    sa.ForeignKeyConstraint(['contact_person_id'], ['member.id'], name=op.f('fk_invite_contact_person_id_member')),
    sa.ForeignKeyConstraint(['created_by_id'], ['member.id'], name=op.f('fk_invite_created_by_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invite')),
    sa.UniqueConstraint('code', name=op.f('uq_invite_code'))
    )
    op.create_table('login_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_digest', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('device', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_login_session_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_session')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_login_session_token_digest'))
    )
    with op.batch_alter_table('login_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_session_member_id'), ['member_id'], unique=False)

    op.create_table('media',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('upload_key', sa.String(), nullable=False),
    sa.Column('belongs_to', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('content_type', sa.String(), nullable=False),
    sa.Column('storage_key', sa.String(), nullable=False),
    sa.Column('poster_key', sa.String(), nullable=True),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('duration_seconds', sa.Integer(), nullable=True),
    sa.Column('exposure', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('photo', 'video')", name=op.f('ck_media_kind')),
    sa.ForeignKeyConstraint(['owner_id'], ['member.id'], name=op.f('fk_media_owner_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media')),
    sa.UniqueConstraint('owner_id', 'upload_key', name=op.f('uq_media_owner_id_upload_key')),
    sa.UniqueConstraint('storage_key', name=op.f('uq_media_storage_key')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.create_index('ix_media_belongs_to', ['belongs_to'], unique=False)
        batch_op.create_index(batch_op.f('ix_media_sha256'), ['sha256'], unique=False)

    op.create_table('member_capability',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('capability', sa.String(), nullable=False),
    sa.CheckConstraint("capability IN ('mentor', 'expert', 'reviewer', 'publisher', 'admin')", name=op.f('ck_member_capability_capability')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_member_capability_member_id_member')),
    sa.PrimaryKeyConstraint('member_id', 'capability', name=op.f('pk_member_capability'))
    )
    op.create_table('member_track',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('track_key', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_member_track_member_id_member')),
    sa.ForeignKeyConstraint(['track_key'], ['track.key'], name=op.f('fk_member_track_track_key_track')),
    sa.PrimaryKeyConstraint('member_id', 'track_key', name=op.f('pk_member_track'))
    )
    op.create_table('mentorship',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mentor_id', sa.Integer(), nullable=False),
    sa.Column('mentee_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('mentor_id <> mentee_id', name=op.f('ck_mentorship_not_oneself')),
    sa.ForeignKeyConstraint(['mentee_id'], ['member.id'], name=op.f('fk_mentorship_mentee_id_member')),
    sa.ForeignKeyConstraint(['mentor_id'], ['member.id'], name=op.f('fk_mentorship_mentor_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mentorship'))
    )
    with op.batch_alter_table('mentorship', schema=None) as batch_op:
        batch_op.create_index('ix_mentorship_mentor_id_ends_at', ['mentor_id', 'ends_at'], unique=False)
        batch_op.create_index('uq_mentorship_running', ['mentee_id'], unique=True, sqlite_where=sa.text('ends_at IS NULL'), postgresql_where=sa.text('ends_at IS NULL'))

    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('icon', sa.String(), nullable=False),
    sa.Column('title', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('body', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('link', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_notice_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('key', name=op.f('uq_notice_key'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index('ix_notice_member_id_id', ['member_id', 'id'], unique=False)
        batch_op.create_index('ix_notice_unread', ['member_id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))

    op.create_table('point_rule_value',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('rule_key', sa.String(), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('value > 0', name=op.f('ck_point_rule_value_value')),
    sa.ForeignKeyConstraint(['rule_key'], ['point_rule.key'], name=op.f('fk_point_rule_value_rule_key_point_rule')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_point_rule_value')),
    sa.UniqueConstraint('rule_key', 'starts_at', name=op.f('uq_point_rule_value_rule_key_starts_at'))
    )
    op.create_table('award',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('badge_id', sa.Integer(), nullable=False),
    sa.Column('awarded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('link', sa.String(), nullable=True),
    sa.Column('story', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('shown_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['badge_id'], ['badge.id'], name=op.f('fk_award_badge_id_badge')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_award_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award')),
    sa.UniqueConstraint('member_id', 'badge_id', name=op.f('uq_award_member_id_badge_id'))
    )
    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.create_index('ix_award_awarded_at', ['awarded_at'], unique=False)
        batch_op.create_index('ix_award_badge_id', ['badge_id'], unique=False)
        batch_op.create_index('ix_award_unshown', ['member_id'], unique=False, sqlite_where=sa.text('shown_at IS NULL'), postgresql_where=sa.text('shown_at IS NULL'))

    op.create_table('helped',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('first_line_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['first_line_id'], ['impact_line.id'], name=op.f('fk_helped_first_line_id_impact_line')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_helped_member_id_member')),
    sa.ForeignKeyConstraint(['person_id'], ['member.id'], name=op.f('fk_helped_person_id_member')),
    sa.PrimaryKeyConstraint('member_id', 'person_id', name=op.f('pk_helped'))
    )
    with op.batch_alter_table('helped', schema=None) as batch_op:
        batch_op.create_index('ix_helped_person_id', ['person_id'], unique=False)

    op.create_table('invite_use',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('invite_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invite_id'], ['invite.id'], name=op.f('fk_invite_use_invite_id_invite')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_invite_use_member_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invite_use')),
    sa.UniqueConstraint('member_id', name=op.f('uq_invite_use_member_id'))
    )
    with op.batch_alter_table('invite_use', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invite_use_invite_id'), ['invite_id'], unique=False)

    op.create_table('quest',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('preset', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('track_key', sa.String(), nullable=False),
    sa.Column('rung', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('icon', sa.String(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=True),
    sa.Column('badge_id', sa.Integer(), nullable=True),
    sa.Column('to_participant', sa.Boolean(), nullable=False),
    sa.Column('to_contributor', sa.Boolean(), nullable=False),
    sa.Column('to_cocreator', sa.Boolean(), nullable=False),
    sa.Column('min_stars', sa.Integer(), nullable=False),
    sa.Column('named_members_only', sa.Boolean(), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('started_count', sa.Integer(), nullable=False),
    sa.Column('repeat_days', sa.Integer(), nullable=True),
    sa.Column('goal', sa.String(), nullable=False),
    sa.Column('sky_x', sa.Integer(), nullable=True),
    sa.Column('sky_y', sa.Integer(), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("preset IN ('skill_challenge', 'quick_task', 'brief', 'open_call')", name=op.f('ck_quest_preset')),
    sa.CheckConstraint("state IN ('draft', 'scheduled', 'live', 'closed', 'archived')", name=op.f('ck_quest_state')),
    sa.CheckConstraint('capacity IS NULL OR capacity > 0', name=op.f('ck_quest_capacity')),
    sa.CheckConstraint('capacity IS NULL OR started_count <= capacity', name=op.f('ck_quest_within_capacity')),
    sa.CheckConstraint('closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at', name=op.f('ck_quest_window')),
    sa.CheckConstraint('repeat_days IS NULL OR repeat_days > 0', name=op.f('ck_quest_repeat_days')),
    sa.CheckConstraint('rung BETWEEN 1 AND 3', name=op.f('ck_quest_rung')),
    sa.CheckConstraint('started_count >= 0', name=op.f('ck_quest_started_count')),
    sa.ForeignKeyConstraint(['badge_id'], ['badge.id'], name=op.f('fk_quest_badge_id_badge')),
    sa.ForeignKeyConstraint(['created_by_id'], ['member.id'], name=op.f('fk_quest_created_by_id_member')),
    sa.ForeignKeyConstraint(['track_key'], ['track.key'], name=op.f('fk_quest_track_key_track')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quest'))
    )
    with op.batch_alter_table('quest', schema=None) as batch_op:
        batch_op.create_index('ix_quest_state_track_key', ['state', 'track_key'], unique=False)

    op.create_table('resource',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('title_en', sa.String(), nullable=False),
    sa.Column('summary', sa.String(), nullable=False),
    sa.Column('summary_en', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('body_en', sa.String(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('cover_media_id', sa.Integer(), nullable=True),
    sa.Column('reading_minutes', sa.Integer(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('tutorial', 'case')", name=op.f('ck_resource_kind')),
    sa.ForeignKeyConstraint(['author_id'], ['member.id'], name=op.f('fk_resource_author_id_member')),
    sa.ForeignKeyConstraint(['cover_media_id'], ['media.id'], name=op.f('fk_resource_cover_media_id_media')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resource'))
    )
    op.create_table('transfer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('debit_id', sa.Integer(), nullable=False),
    sa.Column('credit_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('rule_key', sa.String(), nullable=True),
    sa.Column('base', sa.Integer(), nullable=True),
    sa.Column('multiplier_percent', sa.Integer(), nullable=True),
    sa.Column('uncapped', sa.Integer(), nullable=True),
    sa.Column('reverses_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('note', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('link', sa.String(), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('acted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("cause IN ('rule', 'quest', 'redemption', 'adjustment', 'reversal', 'repayment', 'expiry')", name=op.f('ck_transfer_cause')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_transfer_amount')),
    sa.CheckConstraint('debit_id <> credit_id', name=op.f('ck_transfer_two_accounts')),
    sa.ForeignKeyConstraint(['credit_id'], ['account.id'], name=op.f('fk_transfer_credit_id_account')),
    sa.ForeignKeyConstraint(['debit_id'], ['account.id'], name=op.f('fk_transfer_debit_id_account')),
    sa.ForeignKeyConstraint(['reverses_id'], ['transfer.id'], name=op.f('fk_transfer_reverses_id_transfer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer')),
    sa.UniqueConstraint('key', name=op.f('uq_transfer_key')),
    sa.UniqueConstraint('reverses_id', 'debit_id', name=op.f('uq_transfer_reverses_id_debit_id'))
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index('ix_transfer_credit_id_id', ['credit_id', 'id'], unique=False)
        batch_op.create_index('ix_transfer_debit_id_id', ['debit_id', 'id'], unique=False)
        batch_op.create_index('ix_transfer_rule_acted', ['credit_id', 'rule_key', 'acted_at'], unique=False)

    op.create_table('quest_named_member',
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_quest_named_member_member_id_member')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_quest_named_member_quest_id_quest')),
    sa.PrimaryKeyConstraint('quest_id', 'member_id', name=op.f('pk_quest_named_member'))
    )
    op.create_table('quest_prerequisite',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('requires_quest_id', sa.Integer(), nullable=True),
    sa.Column('requires_badge_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(requires_quest_id IS NULL) <> (requires_badge_id IS NULL)', name=op.f('ck_quest_prerequisite_one_kind')),
    sa.CheckConstraint('requires_quest_id IS NULL OR requires_quest_id <> quest_id', name=op.f('ck_quest_prerequisite_not_itself')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_quest_prerequisite_quest_id_quest')),
    sa.ForeignKeyConstraint(['requires_badge_id'], ['badge.id'], name=op.f('fk_quest_prerequisite_requires_badge_id_badge')),
    sa.ForeignKeyConstraint(['requires_quest_id'], ['quest.id'], name=op.f('fk_quest_prerequisite_requires_quest_id_quest')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quest_prerequisite')),
    sa.UniqueConstraint('quest_id', 'requires_badge_id', name=op.f('uq_quest_prerequisite_quest_id_requires_badge_id')),
    sa.UniqueConstraint('quest_id', 'requires_quest_id', name=op.f('uq_quest_prerequisite_quest_id_requires_quest_id'))
    )
    op.create_table('quest_resource',
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('resource_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_quest_resource_quest_id_quest')),
    sa.ForeignKeyConstraint(['resource_id'], ['resource.id'], name=op.f('fk_quest_resource_resource_id_resource')),
    sa.PrimaryKeyConstraint('quest_id', 'resource_id', name=op.f('pk_quest_resource'))
    )
    op.create_table('quest_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('title_en', sa.String(), nullable=False),
    sa.Column('summary', sa.String(), nullable=False),
    sa.Column('summary_en', sa.String(), nullable=False),
    sa.Column('needs', sa.String(), nullable=False),
    sa.Column('needs_en', sa.String(), nullable=False),
    sa.Column('effort_minutes', sa.Integer(), nullable=False),
    sa.Column('cover_media_id', sa.Integer(), nullable=True),
    sa.Column('steps', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('criteria', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('scores', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('phrases', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('review_mode', sa.String(), nullable=False),
    sa.Column('review_hours', sa.Integer(), nullable=False),
    sa.Column('draft_rounds', sa.Integer(), nullable=False),
    sa.Column('rule_key', sa.String(), nullable=True),
    sa.Column('points', sa.Integer(), nullable=True),
    sa.Column('perk', sa.String(), nullable=False),
    sa.Column('perk_en', sa.String(), nullable=False),
    sa.Column('results_ladder', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('terms', sa.String(), nullable=False),
    sa.Column('terms_en', sa.String(), nullable=False),
    sa.Column('change_note', sa.String(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("review_mode IN ('staff', 'mentor', 'self', 'auto')", name=op.f('ck_quest_version_review_mode')),
    sa.CheckConstraint('draft_rounds > 0', name=op.f('ck_quest_version_draft_rounds')),
    sa.CheckConstraint('effort_minutes > 0', name=op.f('ck_quest_version_effort_minutes')),
    sa.CheckConstraint('points IS NULL OR points > 0', name=op.f('ck_quest_version_points')),
    sa.CheckConstraint('review_hours > 0', name=op.f('ck_quest_version_review_hours')),
    sa.ForeignKeyConstraint(['cover_media_id'], ['media.id'], name=op.f('fk_quest_version_cover_media_id_media')),
    sa.ForeignKeyConstraint(['created_by_id'], ['member.id'], name=op.f('fk_quest_version_created_by_id_member')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_quest_version_quest_id_quest')),
    sa.ForeignKeyConstraint(['rule_key'], ['point_rule.key'], name=op.f('fk_quest_version_rule_key_point_rule')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quest_version')),
    sa.UniqueConstraint('quest_id', 'number', name=op.f('uq_quest_version_quest_id_number'))
    )
    op.create_table('submission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('quest_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('promised_points', sa.Integer(), nullable=False),
    sa.Column('points_awarded', sa.Integer(), nullable=True),
    sa.Column('original', sa.Boolean(), nullable=False),
    sa.Column('library_consent', sa.Boolean(), nullable=False),
    sa.Column('mentor_id', sa.Integer(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_by_id', sa.Integer(), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('working', 'submitted', 'changes', 'approved', 'declined', 'withdrawn')", name=op.f('ck_submission_state')),
    sa.CheckConstraint('promised_points >= 0', name=op.f('ck_submission_promised_points')),
    sa.CheckConstraint('round > 0', name=op.f('ck_submission_round')),
    sa.ForeignKeyConstraint(['claimed_by_id'], ['member.id'], name=op.f('fk_submission_claimed_by_id_member')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_submission_member_id_member')),
    sa.ForeignKeyConstraint(['mentor_id'], ['member.id'], name=op.f('fk_submission_mentor_id_member')),
    sa.ForeignKeyConstraint(['quest_id'], ['quest.id'], name=op.f('fk_submission_quest_id_quest')),
    sa.ForeignKeyConstraint(['version_id'], ['quest_version.id'], name=op.f('fk_submission_version_id_quest_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('member_id', 'quest_id', 'attempt', name=op.f('uq_submission_member_id_quest_id_attempt'))
    )
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.create_index('ix_submission_member_id_state', ['member_id', 'state'], unique=False)
        batch_op.create_index('ix_submission_mentor_queue', ['mentor_id', 'due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'submitted'"), postgresql_where=sa.text("state = 'submitted'"))
        batch_op.create_index('ix_submission_quest_id_state_decided_at', ['quest_id', 'state', 'decided_at'], unique=False)
        batch_op.create_index('ix_submission_queue', ['due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'submitted'"), postgresql_where=sa.text("state = 'submitted'"))
        batch_op.create_index('uq_submission_active', ['member_id', 'quest_id'], unique=True, sqlite_where=sa.text("state IN ('working', 'submitted', 'changes')"), postgresql_where=sa.text("state IN ('working', 'submitted', 'changes')"))

    op.create_table('evidence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('step_key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('media_id', sa.Integer(), nullable=True),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(media_id IS NOT NULL) = (kind IN ('photo', 'video'))", name=op.f('ck_evidence_media')),
    sa.CheckConstraint("kind IN ('photo', 'video', 'link', 'text', 'choice')", name=op.f('ck_evidence_kind')),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_evidence_media_id_media')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_evidence_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence')),
    sa.UniqueConstraint('submission_id', 'round', 'media_id', name=op.f('uq_evidence_submission_id_round_media_id'))
    )
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.create_index('ix_evidence_media_id', ['media_id'], unique=False)
        batch_op.create_index('ix_evidence_submission_id_round_position', ['submission_id', 'round', 'position'], unique=False)
        batch_op.create_index('uq_evidence_one_text', ['submission_id', 'round', 'step_key', 'kind'], unique=True, sqlite_where=sa.text('media_id IS NULL'), postgresql_where=sa.text('media_id IS NULL'))

    op.create_table('review',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('reviewer_id', sa.Integer(), nullable=False),
    sa.Column('decision', sa.String(), nullable=False),
    sa.Column('highlight', sa.String(), nullable=False),
    sa.Column('suggestion', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('scores', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('checks', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('waited_minutes', sa.Integer(), nullable=False),
    sa.Column('in_time', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("decision IN ('approved', 'changes', 'declined')", name=op.f('ck_review_decision')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['member.id'], name=op.f('fk_review_reviewer_id_member')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_review_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review')),
    sa.UniqueConstraint('submission_id', 'round', name=op.f('uq_review_submission_id_round'))
    )
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.create_index('ix_review_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_review_reviewer_id_created_at', ['reviewer_id', 'created_at'], unique=False)

    op.create_table('submission_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['member.id'], name=op.f('fk_submission_event_actor_id_member')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_submission_event_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission_event'))
    )
    with op.batch_alter_table('submission_event', schema=None) as batch_op:
        batch_op.create_index('ix_submission_event_submission_id_id', ['submission_id', 'id'], unique=False)

    op.create_table('submission_helper',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('helper_id', sa.Integer(), nullable=False),
    sa.Column('resource_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(), nullable=False),
    sa.CheckConstraint('position BETWEEN 1 AND 3', name=op.f('ck_submission_helper_position')),
    sa.ForeignKeyConstraint(['helper_id'], ['member.id'], name=op.f('fk_submission_helper_helper_id_member')),
    sa.ForeignKeyConstraint(['resource_id'], ['resource.id'], name=op.f('fk_submission_helper_resource_id_resource')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_submission_helper_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', 'position', name=op.f('pk_submission_helper')),
    sa.UniqueConstraint('submission_id', 'helper_id', 'resource_id', name=op.f('uq_submission_helper_submission_id_helper_id_resource_id'))
    )

    # the ledger is never rewritten, whoever asks
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER transfer_no_{verb.lower()} BEFORE {verb} ON transfer "
                "BEGIN SELECT RAISE(ABORT, 'transfers are never changed'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION refuse_transfer_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'transfers are never changed'; END $$"
        )
        op.execute(
            "CREATE TRIGGER transfer_no_change BEFORE UPDATE OR DELETE ON transfer "
            "FOR EACH ROW EXECUTE FUNCTION refuse_transfer_change()"
        )
        op.execute(
            "CREATE TRIGGER transfer_no_truncate BEFORE TRUNCATE ON transfer "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_transfer_change()"
        )


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER transfer_no_truncate ON transfer")
        op.execute("DROP TRIGGER transfer_no_change ON transfer")
        op.execute("DROP FUNCTION refuse_transfer_change()")
    op.drop_table('submission_helper')
    with op.batch_alter_table('submission_event', schema=None) as batch_op:
        batch_op.drop_index('ix_submission_event_submission_id_id')

    op.drop_table('submission_event')
    with op.batch_alter_table('review', schema=None) as batch_op:
        batch_op.drop_index('ix_review_reviewer_id_created_at')
        batch_op.drop_index('ix_review_created_at')

    op.drop_table('review')
    with op.batch_alter_table('evidence', schema=None) as batch_op:
        batch_op.drop_index('uq_evidence_one_text', sqlite_where=sa.text('media_id IS NULL'), postgresql_where=sa.text('media_id IS NULL'))
        batch_op.drop_index('ix_evidence_submission_id_round_position')
        batch_op.drop_index('ix_evidence_media_id')

    op.drop_table('evidence')
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_index('uq_submission_active', sqlite_where=sa.text("state IN ('working', 'submitted', 'changes')"), postgresql_where=sa.text("state IN ('working', 'submitted', 'changes')"))
        batch_op.drop_index('ix_submission_queue', sqlite_where=sa.text("state = 'submitted'"), postgresql_where=sa.text("state = 'submitted'"))
        batch_op.drop_index('ix_submission_quest_id_state_decided_at')
        batch_op.drop_index('ix_submission_mentor_queue', sqlite_where=sa.text("state = 'submitted'"), postgresql_where=sa.text("state = 'submitted'"))
        batch_op.drop_index('ix_submission_member_id_state')

    op.drop_table('submission')
    op.drop_table('quest_version')
    op.drop_table('quest_resource')
    op.drop_table('quest_prerequisite')
    op.drop_table('quest_named_member')
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('ix_transfer_rule_acted')
        batch_op.drop_index('ix_transfer_debit_id_id')
        batch_op.drop_index('ix_transfer_credit_id_id')

    op.drop_table('transfer')
    op.drop_table('resource')
    with op.batch_alter_table('quest', schema=None) as batch_op:
        batch_op.drop_index('ix_quest_state_track_key')

    op.drop_table('quest')
    with op.batch_alter_table('invite_use', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invite_use_invite_id'))

    op.drop_table('invite_use')
    with op.batch_alter_table('helped', schema=None) as batch_op:
        batch_op.drop_index('ix_helped_person_id')

    op.drop_table('helped')
    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.drop_index('ix_award_unshown', sqlite_where=sa.text('shown_at IS NULL'), postgresql_where=sa.text('shown_at IS NULL'))
        batch_op.drop_index('ix_award_badge_id')
        batch_op.drop_index('ix_award_awarded_at')

    op.drop_table('award')
    op.drop_table('point_rule_value')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index('ix_notice_unread', sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
        batch_op.drop_index('ix_notice_member_id_id')

    op.drop_table('notice')
    with op.batch_alter_table('mentorship', schema=None) as batch_op:
        batch_op.drop_index('uq_mentorship_running', sqlite_where=sa.text('ends_at IS NULL'), postgresql_where=sa.text('ends_at IS NULL'))
        batch_op.drop_index('ix_mentorship_mentor_id_ends_at')

    op.drop_table('mentorship')
    op.drop_table('member_track')
    op.drop_table('member_capability')
    with op.batch_alter_table('media', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_media_sha256'))
        batch_op.drop_index('ix_media_belongs_to')

    op.drop_table('media')
    with op.batch_alter_table('login_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_login_session_member_id'))

    op.drop_table('login_session')
    op.drop_table('invite')
    with op.batch_alter_table('impact_line', schema=None) as batch_op:
        batch_op.drop_index('ix_impact_line_member_id_kind_id')
        batch_op.drop_index('ix_impact_line_member_id_id')

    op.drop_table('impact_line')
    with op.batch_alter_table('fact', schema=None) as batch_op:
        batch_op.drop_index('ix_fact_member_id_name_scope')

    op.drop_table('fact')
    with op.batch_alter_table('campaign', schema=None) as batch_op:
        batch_op.drop_index('ix_campaign_rule_key_starts_at')

    op.drop_table('campaign')
    with op.batch_alter_table('badge', schema=None) as batch_op:
        batch_op.drop_index('ix_badge_fact_scope')

    op.drop_table('badge')
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_index('uq_account_programme_kind', sqlite_where=sa.text('member_id IS NULL'), postgresql_where=sa.text('member_id IS NULL'))

    op.drop_table('account')
    op.drop_table('track')
    op.drop_table('star_level')
    op.drop_table('programme')
    op.drop_table('point_rule')
    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_member_joined_at'))

    op.drop_table('member')
    with op.batch_alter_table('audit_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_line_subject'))
        batch_op.drop_index(batch_op.f('ix_audit_line_at'))

    op.drop_table('audit_line')
