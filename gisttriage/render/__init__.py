"""One file per output format. Each renders a case, its assessment and the rulebook, and decides nothing."""
