"""Recordings: files of what a poller saw. They can be cut off anywhere, and be anything when they are read."""
