"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """First tables."""
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_index("alerts_of_case", "alerts", ["case_id"], unique=False)
    op.create_index("alerts_of_person", "alerts", ["person"], unique=False)
    op.create_index(
        "alerts_unsent",
        "alerts",
        ["person", "made"],
        unique=False,
        postgresql_where=sa.text("sent IS NULL"),
        sqlite_where=sa.text("sent IS NULL"),
    )
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id"),
    )
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("last_said", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("acknowledged", sa.BigInteger(), nullable=True),
        sa.Column("closed", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sent_digest", sa.Text(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("on_alerts", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("cases_by_age", "cases", ["last_said"], unique=False)
    op.create_index(
        "cases_due",
        "cases",
        ["due", "person"],
        unique=False,
        postgresql_where=sa.text("due IS NOT NULL"),
        sqlite_where=sa.text("due IS NOT NULL"),
    )
    op.create_index("cases_of_conversation", "cases", ["conversation_id"], unique=False)
    op.create_index("cases_of_person", "cases", ["person"], unique=False)
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_table(
        "dispositions",
        sa.Column("disposition_id", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("disposition_id"),
    )
    op.create_index("dispositions_by_age", "dispositions", ["received"], unique=False)
    op.create_index("dispositions_of_case", "dispositions", ["case_id"], unique=False)
    op.create_index(
        "dispositions_of_conversation", "dispositions", ["conversation_id"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "order_id"),
    )
    op.create_index("orders_by_age", "orders", ["received"], unique=False)
    op.create_index("orders_of_customer", "orders", ["customer_id", "placed_at"], unique=False)
    op.create_table(
        "signals",
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id"),
    )
    op.create_index(
        "signals_asked",
        "signals",
        ["asked", "said_at", "person"],
        unique=False,
        postgresql_where=sa.text("asked IS NOT NULL"),
        sqlite_where=sa.text("asked IS NOT NULL"),
    )
    op.create_index("signals_by_age", "signals", ["received"], unique=False)
    op.create_index("signals_of_conversation", "signals", ["conversation_id"], unique=False)
    op.create_index(
        "signals_of_customer",
        "signals",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
        sqlite_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index("signals_of_person", "signals", ["person", "received"], unique=False)


def downgrade() -> None:
    """Drop them all."""
    op.drop_index("signals_of_person", table_name="signals")
    op.drop_index(
        "signals_of_customer",
        table_name="signals",
        postgresql_where=sa.text("customer_id IS NOT NULL"),
        sqlite_where=sa.text("customer_id IS NOT NULL"),
    )
    op.drop_index("signals_of_conversation", table_name="signals")
    op.drop_index("signals_by_age", table_name="signals")
    op.drop_index(
        "signals_asked",
        table_name="signals",
        postgresql_where=sa.text("asked IS NOT NULL"),
        sqlite_where=sa.text("asked IS NOT NULL"),
    )
    op.drop_table("signals")
    op.drop_index("orders_of_customer", table_name="orders")
    op.drop_index("orders_by_age", table_name="orders")
    op.drop_table("orders")
    op.drop_index("dispositions_of_conversation", table_name="dispositions")
    op.drop_index("dispositions_of_case", table_name="dispositions")
    op.drop_index("dispositions_by_age", table_name="dispositions")
    op.drop_table("dispositions")
    op.drop_table("customers")
    op.drop_index("cases_of_person", table_name="cases")
    op.drop_index("cases_of_conversation", table_name="cases")
    op.drop_index(
        "cases_due",
        table_name="cases",
        postgresql_where=sa.text("due IS NOT NULL"),
        sqlite_where=sa.text("due IS NOT NULL"),
    )
    op.drop_index("cases_by_age", table_name="cases")
    op.drop_table("cases")
    op.drop_table("audit")
    op.drop_index(
        "alerts_unsent",
        table_name="alerts",
        postgresql_where=sa.text("sent IS NULL"),
        sqlite_where=sa.text("sent IS NULL"),
    )
    op.drop_index("alerts_of_person", table_name="alerts")
    op.drop_index("alerts_of_case", table_name="alerts")
    op.drop_table("alerts")
