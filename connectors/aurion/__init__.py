"""Aurion and Auriga, by the favourites a school has built."""
