"""Each module `mNNNN_what` offers `control(database)` and `shard(database)`."""
