from tests.store.fixtures import database, postgresql_url, sqlite_database, sqlite_url, url

__all__ = ["database", "postgresql_url", "sqlite_database", "sqlite_url", "url"]
