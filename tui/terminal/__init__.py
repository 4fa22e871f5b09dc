"""The terminal beside drawing: clipboard, notifications, multiplexers, signals."""
