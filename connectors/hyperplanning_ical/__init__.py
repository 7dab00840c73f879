"""Hyperplanning by its iCalendar feeds."""
