"""Explanations: what failures share, how far an outage reaches, why a row was lost. Counting only; never a guess."""
