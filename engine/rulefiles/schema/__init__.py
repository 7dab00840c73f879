"""The JSON Schema that editors use, made from the same words that the parser knows."""
