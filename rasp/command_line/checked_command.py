"""One command of `rasp`: what it was asked is read as people write it, and nothing of that is passed over."""

from collections import Counter

import click


class CheckedCommand(click.Command):
    """A command whose usage errors say which command they are of, and which takes a value given twice for none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # an option without its value does not know its command
            raise
        _, _, order = self.make_parser(ctx).parse_args(given)
        for option, times in Counter(order).items():
            if times > 1 and isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                name = max(option.opts, key=len)
                raise click.UsageError(f"option '{name}' is given {times} times, and takes one value", ctx)
        return rest
