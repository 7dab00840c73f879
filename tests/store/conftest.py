from tests.store.fixtures import database, sqlite_database, url

__all__ = ["database", "sqlite_database", "url"]
