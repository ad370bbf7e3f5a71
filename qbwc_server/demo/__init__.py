"""The demonstration: a sample shop with its books, the sync run on them, and an accountant's check of what came out."""
