"""How scripts/bench prints what it measured: medians, spread, ratios, and whether a budget is met."""

import random
import statistics


def quartiles(figures):
    if len(figures) < 2:
        return figures[0], figures[0], figures[0]
    low, middle, high = statistics.quantiles(figures, n=4, method="inclusive")
    return low, middle, high


def print_table(title, figures, baseline, unit, scale, notes=()):
    """Figures are per name; ratios are to the baseline's median."""
    print(f"\n{title}")
    print(f"  {'':34}{'median':>10}{'quartiles':>20}   {'x ' + baseline:>14}")
    if baseline not in figures:
        baseline = next(iter(figures))
    base = quartiles(figures[baseline])[1]
    for name, values in figures.items():
        low, middle, high = quartiles(values)
        spread = f"{low * scale:.2f} .. {high * scale:.2f}"
        print(f"  {name:34}{middle * scale:>8.2f} {unit:<4}{spread:>17}   {middle / base:>14.2f}")
    for note in notes:
        print(f"  {note}")
    return {name: quartiles(values)[1] for name, values in figures.items()}


def verdict(what, figure, budget, at_most=True):
    met = figure <= budget if at_most else figure >= budget
    relation = "<=" if at_most else ">="
    print(f"  {'met   ' if met else 'MISSED'}  {what}: {figure:.2f} {relation} {budget:g}")


def interval(figures, baseline):
    """By how much the figures are more than the baseline's: where that lies with 95 %, and the best guess.

    Of both the lower quartile: who else uses the machine only ever makes a figure larger. The interval is of what others,
    drawn from these, would give.
    """
    drawn = random.Random(1)

    def low_quartile(values):
        return statistics.quantiles(values, n=4, method="inclusive")[0]

    def again(values):
        return low_quartile(drawn.choices(values, k=len(values)))

    differences = sorted(again(figures) - again(baseline) for _ in range(2000))
    return differences[50], low_quartile(figures) - low_quartile(baseline), differences[-51]


def interval_verdict(what, figures, baseline, budget):
    """Met or missed only where all of the interval is on one side."""
    low, middle, high = interval(figures, baseline)
    word = "met   " if high <= budget else "MISSED" if low > budget else "no verdict"
    print(f"  {word}  {what}: {middle:+.2f} ({low:+.2f} .. {high:+.2f}), at most {budget:g}")
