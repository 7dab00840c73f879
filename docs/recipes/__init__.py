"""Small programs that make records of what no connector reads."""
