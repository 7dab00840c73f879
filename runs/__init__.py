"""One pass over a customer: fetch, decide, remember, close what is gone. Knows neither web nor terminal."""
