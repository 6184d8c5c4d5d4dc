"""Shares as people read them."""


def show_percent(part: int, whole: int) -> str:
    """A share of a whole, never rounded to none or to all."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    share = 100 * part / whole
    if share < 0.1:
        return "under 0.1 %"
    return "over 99.9 %" if share > 99.9 else f"{share:.1f} %"
