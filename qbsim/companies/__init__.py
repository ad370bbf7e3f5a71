"""Ready companies to try a product against, each made from a seed: the same seed gives the same company."""
