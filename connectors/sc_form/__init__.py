"""SC-Form: Galia, Gessica and Sofia."""
