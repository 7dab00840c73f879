"""Connectors of somebody else: a source and a platform that Muster does not know of."""
