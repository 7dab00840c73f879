"""Hyperplanning by its SOAP web services, and what its three ways in share."""
