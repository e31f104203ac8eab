"""Measurements of the hub's budgets on this machine: real stores, real processes, loopback only."""
