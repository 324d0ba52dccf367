"""The one door to the encrypted database: operations, feed, threads, keys, backup."""
