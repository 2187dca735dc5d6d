"""Analysts may no longer read what was set aside

A row that was refused has passed no check: it may hold a passenger's name in the column of a tail number. Analysts had
been given it to count the refusals, and load_audit.rows_rejected tells them those.

Revision ID: 52e8f1b3d70c
Revises: c75b20d94a83
Create Date: 2026-11-26 10:47:55.090346
"""

from alembic import op

revision = "52e8f1b3d70c"
down_revision = "c75b20d94a83"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.revoke("load_quarantine", "group analyst", "select", if_exists=True)


def downgrade() -> None:
    op.grant("load_quarantine", "group analyst", "select", if_exists=True)
