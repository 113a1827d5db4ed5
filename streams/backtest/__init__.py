"""`lifeline rules backtest`: recorded events through two packs, on all cores."""
