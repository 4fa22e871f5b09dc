"""The small languages that users type: filters, times, id prefixes."""
