"""How models are written for other software: formats change how bytes lie, and nothing of what is computed."""
