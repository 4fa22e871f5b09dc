"""`reflowtop demo`: a local AWS-compatible service and a simulated cluster that writes to it."""
