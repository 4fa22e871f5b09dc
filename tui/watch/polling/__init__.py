"""Reading the table: refreshes, lookups, backfill and past windows, within the read budget."""
