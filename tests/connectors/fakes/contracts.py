"""Contracts of an invented training centre, as the CSV template and as the JSON of the API."""

CASES = {"CSV": {"path": "{samples}/contrats.csv"}, "JSON": {"path": "{samples}/contrats.json"}}
