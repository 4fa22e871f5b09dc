"""Long nights: thousands of refreshes of a table that never rests, in which nothing may grow. See `tests.soak`."""
