"""The conversation with one company file: what to ask next, what its answers mean, and that nothing is done twice."""
