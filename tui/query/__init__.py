"""The small languages that users type: filters, time expressions, id prefixes."""
