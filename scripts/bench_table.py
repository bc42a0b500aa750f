"""How scripts/bench prints what it measured: medians, spread, ratios, and whether a budget is met."""

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
