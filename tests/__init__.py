"""The tests, one folder for each package and `acceptance` for all of them together."""
