"""What a refund is and what becomes of it in the books: pure functions over frozen data, no I/O."""
