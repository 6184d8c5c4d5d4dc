"""What many commands are told: the folder of a model, a count, whether to print JSON."""

import click

FOLDER = click.argument("folder", metavar="DIR")
POSITIVE = click.IntRange(min=1)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
