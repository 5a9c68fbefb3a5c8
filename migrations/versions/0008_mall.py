"""mall: goods with their dates and pictures, redemptions, voucher codes, wishes
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('mall_shelf',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_mall_shelf'))
    )
    op.create_table('mall_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('shelf_key', sa.String(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('blurb', sa.String(), nullable=False),
    sa.Column('blurb_en', sa.String(), nullable=False),
    sa.Column('unit', sa.String(), nullable=False),
    sa.Column('facts', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('drawing', sa.String(), nullable=True),
    sa.Column('price', sa.Integer(), nullable=False),
    sa.Column('stock', sa.Integer(), nullable=False),
    sa.Column('stock_total', sa.Integer(), nullable=False),
    sa.Column('kept_for_all', sa.Integer(), nullable=False),
    sa.Column('per_member', sa.Integer(), nullable=True),
    sa.Column('min_star', sa.Integer(), nullable=False),
    sa.Column('min_tier', sa.String(), nullable=True),
    sa.Column('priority_star', sa.Integer(), nullable=True),
    sa.Column('priority_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('promise_days', sa.Integer(), nullable=False),
    sa.Column('loan_days', sa.Integer(), nullable=True),
    sa.Column('pickup', sa.String(), nullable=False),
    sa.Column('pickup_en', sa.String(), nullable=False),
    sa.Column('how_to', sa.String(), nullable=False),
    sa.Column('how_to_en', sa.String(), nullable=False),
    sa.Column('again', sa.String(), nullable=False),
    sa.Column('again_en', sa.String(), nullable=False),
    sa.Column('cost_cents', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'loan') = (loan_days IS NOT NULL)", name=op.f('ck_mall_item_loan_days')),
    sa.CheckConstraint("kind IN ('physical', 'voucher', 'experience', 'loan')", name=op.f('ck_mall_item_kind')),
    sa.CheckConstraint("min_tier IS NULL OR min_tier IN ('participant', 'contributor', 'cocreator')", name=op.f('ck_mall_item_min_tier')),
    sa.CheckConstraint("state IN ('draft', 'live', 'closed')", name=op.f('ck_mall_item_state')),
    sa.CheckConstraint('(priority_star IS NULL) = (priority_from IS NULL) AND (priority_from IS NULL OR priority_from < opens_at)', name=op.f('ck_mall_item_priority')),
    sa.CheckConstraint('closes_at IS NULL OR closes_at > opens_at', name=op.f('ck_mall_item_closes')),
    sa.CheckConstraint('cost_cents IS NULL OR cost_cents >= 0', name=op.f('ck_mall_item_cost_cents')),
    sa.CheckConstraint('kept_for_all >= 0', name=op.f('ck_mall_item_kept_for_all')),
    sa.CheckConstraint('min_star >= 0', name=op.f('ck_mall_item_min_star')),
    sa.CheckConstraint('per_member IS NULL OR per_member > 0', name=op.f('ck_mall_item_per_member')),
    sa.CheckConstraint('price > 0', name=op.f('ck_mall_item_price')),
    sa.CheckConstraint('promise_days BETWEEN 0 AND 365', name=op.f('ck_mall_item_promise_days')),
    sa.CheckConstraint('stock >= 0', name=op.f('ck_mall_item_stock')),
    sa.CheckConstraint('stock_total >= stock', name=op.f('ck_mall_item_stock_total')),
    sa.ForeignKeyConstraint(['shelf_key'], ['mall_shelf.key'], name=op.f('fk_mall_item_shelf_key_mall_shelf')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mall_item'))
    )
    with op.batch_alter_table('mall_item', schema=None) as batch_op:
        batch_op.create_index('ix_mall_item_state_position_id', ['state', 'position', 'id'], unique=False)

    op.create_table('mall_picture',
    sa.Column('media_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['mall_item.id'], name=op.f('fk_mall_picture_item_id_mall_item')),
    sa.ForeignKeyConstraint(['media_id'], ['media.id'], name=op.f('fk_mall_picture_media_id_media')),
    sa.PrimaryKeyConstraint('media_id', name=op.f('pk_mall_picture')),
    sa.UniqueConstraint('item_id', 'position', name=op.f('uq_mall_picture_item_id_position'))
    )
    op.create_table('mall_slot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('place_en', sa.String(), nullable=False),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('seats_total', sa.Integer(), nullable=False),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_mall_slot_dates')),
    sa.CheckConstraint('seats >= 0', name=op.f('ck_mall_slot_seats')),
    sa.CheckConstraint('seats_total >= seats', name=op.f('ck_mall_slot_seats_total')),
    sa.ForeignKeyConstraint(['item_id'], ['mall_item.id'], name=op.f('fk_mall_slot_item_id_mall_item')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mall_slot'))
    )
    with op.batch_alter_table('mall_slot', schema=None) as batch_op:
        batch_op.create_index('ix_mall_slot_item_id_starts_at', ['item_id', 'starts_at'], unique=False)

    op.create_table('mall_wish',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['mall_item.id'], name=op.f('fk_mall_wish_item_id_mall_item')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_mall_wish_member_id_member')),
    sa.PrimaryKeyConstraint('member_id', name=op.f('pk_mall_wish'))
    )
    with op.batch_alter_table('mall_wish', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mall_wish_item_id'), ['item_id'], unique=False)

    op.create_table('restock_watch',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['mall_item.id'], name=op.f('fk_restock_watch_item_id_mall_item')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_restock_watch_member_id_member')),
    sa.PrimaryKeyConstraint('member_id', 'item_id', name=op.f('pk_restock_watch'))
    )
    with op.batch_alter_table('restock_watch', schema=None) as batch_op:
        batch_op.create_index('ix_restock_watch_item_id_asked_at', ['item_id', 'asked_at'], unique=False)

    op.create_table('redemption',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('slot_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('price', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('name_en', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taker_id', sa.Integer(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('carrier', sa.String(), nullable=True),
    sa.Column('tracking', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('back_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('held', 'shipped', 'delivered', 'returned', 'refunded', 'cancelled', 'refused', 'missed')", name=op.f('ck_redemption_state')),
    sa.CheckConstraint('(taker_id IS NULL) = (taken_at IS NULL)', name=op.f('ck_redemption_taken')),
    sa.CheckConstraint('price > 0', name=op.f('ck_redemption_price')),
    sa.ForeignKeyConstraint(['item_id'], ['mall_item.id'], name=op.f('fk_redemption_item_id_mall_item')),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_redemption_member_id_member')),
    sa.ForeignKeyConstraint(['slot_id'], ['mall_slot.id'], name=op.f('fk_redemption_slot_id_mall_slot')),
    sa.ForeignKeyConstraint(['taker_id'], ['member.id'], name=op.f('fk_redemption_taker_id_member')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_redemption')),
    sa.UniqueConstraint('member_id', 'token', name=op.f('uq_redemption_member_id_token'))
    )
    with op.batch_alter_table('redemption', schema=None) as batch_op:
        batch_op.create_index('ix_redemption_item_id_member_id', ['item_id', 'member_id'], unique=False)
        batch_op.create_index('ix_redemption_member_id_id', ['member_id', 'id'], unique=False)
        batch_op.create_index('ix_redemption_slot_id', ['slot_id'], unique=False, sqlite_where=sa.text('slot_id IS NOT NULL'), postgresql_where=sa.text('slot_id IS NOT NULL'))
        batch_op.create_index('ix_redemption_state_due_at_id', ['state', 'due_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_redemption_tracking'), ['tracking'], unique=False)

    op.create_table('redemption_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('redemption_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['member.id'], name=op.f('fk_redemption_step_by_id_member')),
    sa.ForeignKeyConstraint(['redemption_id'], ['redemption.id'], name=op.f('fk_redemption_step_redemption_id_redemption')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_redemption_step'))
    )
    with op.batch_alter_table('redemption_step', schema=None) as batch_op:
        batch_op.create_index('ix_redemption_step_redemption_id_id', ['redemption_id', 'id'], unique=False)

    op.create_table('voucher_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('sealed', sa.String(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('redemption_id', sa.Integer(), nullable=True),
    sa.Column('imported_by_id', sa.Integer(), nullable=True),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['imported_by_id'], ['member.id'], name=op.f('fk_voucher_code_imported_by_id_member')),
    sa.ForeignKeyConstraint(['item_id'], ['mall_item.id'], name=op.f('fk_voucher_code_item_id_mall_item')),
    sa.ForeignKeyConstraint(['redemption_id'], ['redemption.id'], name=op.f('fk_voucher_code_redemption_id_redemption')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_code')),
    sa.UniqueConstraint('digest', name=op.f('uq_voucher_code_digest')),
    sa.UniqueConstraint('redemption_id', name=op.f('uq_voucher_code_redemption_id'))
    )
    with op.batch_alter_table('voucher_code', schema=None) as batch_op:
        batch_op.create_index('ix_voucher_code_item_id_redemption_id_id', ['item_id', 'redemption_id', 'id'], unique=False)



def downgrade():
    with op.batch_alter_table('voucher_code', schema=None) as batch_op:
        batch_op.drop_index('ix_voucher_code_item_id_redemption_id_id')

    op.drop_table('voucher_code')
    with op.batch_alter_table('redemption_step', schema=None) as batch_op:
        batch_op.drop_index('ix_redemption_step_redemption_id_id')

    op.drop_table('redemption_step')
    with op.batch_alter_table('redemption', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_redemption_tracking'))
        batch_op.drop_index('ix_redemption_state_due_at_id')
        batch_op.drop_index('ix_redemption_slot_id', sqlite_where=sa.text('slot_id IS NOT NULL'), postgresql_where=sa.text('slot_id IS NOT NULL'))
        batch_op.drop_index('ix_redemption_member_id_id')
        batch_op.drop_index('ix_redemption_item_id_member_id')

    op.drop_table('redemption')
    with op.batch_alter_table('restock_watch', schema=None) as batch_op:
        batch_op.drop_index('ix_restock_watch_item_id_asked_at')

    op.drop_table('restock_watch')
    with op.batch_alter_table('mall_wish', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mall_wish_item_id'))

    op.drop_table('mall_wish')
    with op.batch_alter_table('mall_slot', schema=None) as batch_op:
        batch_op.drop_index('ix_mall_slot_item_id_starts_at')

    op.drop_table('mall_slot')
    op.drop_table('mall_picture')
    with op.batch_alter_table('mall_item', schema=None) as batch_op:
        batch_op.drop_index('ix_mall_item_state_position_id')

    op.drop_table('mall_item')
    op.drop_table('mall_shelf')
