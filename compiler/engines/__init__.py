"""Other software that runs our models: each engine is opened as a model that answers."""
