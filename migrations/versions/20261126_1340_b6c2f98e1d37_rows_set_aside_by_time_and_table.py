"""What was set aside is sorted by table within time, and Redshift decides where it lies

Whoever mends a delivery asks for one table's rows of a day. The table is nearly empty as a rule, so that AUTO keeps it
whole on every node, and spreads it after a bad delivery.

Revision ID: b6c2f98e1d37
Revises: 0ab7d3e5c916
Create Date: 2026-11-26 13:40:07.442019
"""

from alembic import op

revision = "b6c2f98e1d37"
down_revision = "0ab7d3e5c916"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_distribution("load_quarantine", "auto", existing_style="even")
    op.alter_sort_key(
        "load_quarantine",
        "compound",
        ["quarantined_at", "table_name"],
        existing_style="compound",
        existing_columns=["quarantined_at"],
    )


def downgrade() -> None:
    op.alter_sort_key(
        "load_quarantine",
        "compound",
        ["quarantined_at"],
        existing_style="compound",
        existing_columns=["quarantined_at", "table_name"],
    )
    op.alter_distribution("load_quarantine", "even", existing_style="auto")
