"""The OpenAPI document: what the routes say, with examples and problems."""
