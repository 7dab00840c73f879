"""Columns: what tables are numbered by, and how one refers to another."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer
from sqlmodel import Field

BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of exactly this type."""


def number(**more: Any) -> Any:
    """The number that the database gives a row."""
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True), **more)


def row_of(table: str, *, optional: bool = False, index: bool = False, on_delete: str | None = None) -> Any:
    """A reference to a numbered row of another table."""
    column = Column(BigId, ForeignKey(f"{table}.id", ondelete=on_delete), nullable=optional, index=index)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)
