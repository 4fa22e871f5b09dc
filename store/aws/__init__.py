"""Sessions, credentials and errors of AWS."""
