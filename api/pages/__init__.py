"""Pages: a module each, with its object, its addresses and what it shows; its template has the module's name."""
