"""Why a record was decided so: a second evaluator, for people, that proves the matcher and is proved by it."""
