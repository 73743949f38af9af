"""The schema of the workspace's database, and its migrations.

`schema` declares every table of the state, for stores of every layer: it is `core`'s. A store imports its
table from there and nothing else makes tables. `upgrade.upgrade(engine)` brings a database to this release's schema;
`Workspace.database` calls it once, so a store finds its tables.

To change the schema:

1. change `schema.py`;
2. add `migrations/versions/rNNNN_what_it_does.py` with the next number:

       revision = "NNNN"
       down_revision = "the number before"

       def upgrade() -> None:
           op.create_table("loyalty_cards", sa.Column("card_id", sa.String(40), primary_key=True))
           with op.batch_alter_table("alerts") as table:   # SQLite changes columns by copying the table
               table.add_column(sa.Column("code", sa.Text))

   It stands for itself: it may import nothing of ours, for it must do the same for ever. It runs in one transaction
   with the others, on SQLite and on PostgreSQL; it may not commit. A released revision is never changed. There is no
   way down: a workspace goes back to an older release by its backup.

`tests/core/state` shows that the revisions lead to exactly the tables declared, on both databases, and that the rows
of an older release survive.
"""
