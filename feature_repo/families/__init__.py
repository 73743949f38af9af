"""Families of features: each module says what its features mean and how they are computed.

The protocol of a family module::

    FEATURES: tuple[Feature, ...]              # name, description, unit, dtype, default
    VIEW = "customer_features"                 # the view it is a family of: this line makes it known
    CAUSE: Final = "service"                   # of customers' families: the family of reasons, for a marketer
    NEEDS: tuple[str, ...] = ()                # optional: tables without which all its features are missing

    def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
        '''One row per entity key, at most; columns: the key columns of the view and FEATURES.'''

    def after_purchase(row: Row, purchase: Purchase) -> Row: ...   # optional: see feature_repo.updates

`shop` is already cut at the snapshot: no fact at or after its day and no plan that was not known is in it, so a
family cannot see the future. Every fact table in it (orders, counted, baskets, visits, events, redemptions) carries
`age`, whole days from the row's day to the snapshot (1 = the day before). Plans and attributes have no age. The day n
days after the snapshot's is `at.plus(n)`, an expression: a query is written once and run for every snapshot.
`shop.settings` are the workspace's settings.

Only Ibis expressions (they run on DuckDB and on Spark): no raw SQL, no function of one engine. The builder
(`feature_repo.snapshots`) joins the families of a view on its key, fills `default`, casts to `dtype` and rounds
floats to 6 decimals. Division: `.nullif(0)` below the line, so that missing is null and never NaN.

A new family is a new module: `feature_repo.catalog` lists the order of the first ones of each view and finds the others
by their VIEW. One that raises stops what needs its view, with an error that names it: a model that has learnt its
features must not be served without them in silence.
"""
