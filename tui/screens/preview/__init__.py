"""Previews: what a list shows below it about the row under the cursor, if the screen has room for it."""
