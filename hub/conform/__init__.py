"""The contract suite: what every connector has to do, checked on its own sandbox."""
