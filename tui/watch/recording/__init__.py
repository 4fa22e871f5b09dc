"""Recordings: what a poller saw, in files and in memory. A file may be cut off anywhere, and is read as untrusted."""
