-- Purpose: the roles of the source and what each may do. The stack reads the source and never writes to it; only `init` does,
--          with its own login. Logins are no part of it (see security/dw_grants).
-- Parameters: none.
-- Locks: schema locks for a moment. Repeatable: what is granted already is granted again.
IF DATABASE_PRINCIPAL_ID(N'dw_runner') IS NULL CREATE ROLE dw_runner;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_monitor') IS NULL CREATE ROLE dw_monitor;
GO
IF DATABASE_PRINCIPAL_ID(N'dw_backup') IS NULL CREATE ROLE dw_backup;
GO

GRANT SELECT ON SCHEMA::core TO dw_runner;
GRANT SELECT ON ctl.schema_version TO dw_runner;
-- The monitor counts what is pending.
GRANT SELECT ON SCHEMA::core TO dw_monitor;
GRANT SELECT ON ctl.schema_version TO dw_monitor;
GO

-- The backup writes down how many rows and how much money it holds: one column of each key table, no name of anybody.
GRANT SELECT ON ctl.schema_version TO dw_backup;
GRANT SELECT (customer_id) ON core.customers TO dw_backup;
GRANT SELECT (product_id) ON core.products TO dw_backup;
GRANT SELECT (order_id) ON core.orders TO dw_backup;
GRANT SELECT (net_amount) ON core.order_items TO dw_backup;
GRANT SELECT (discount_amount) ON core.order_item_discounts TO dw_backup;
GRANT SELECT (target_amount) ON core.seller_targets_monthly TO dw_backup;
GO

IF SERVERPROPERTY('BabelfishVersion') IS NULL EXEC(N'ALTER ROLE db_backupoperator ADD MEMBER dw_backup');
GO
