"""How a request becomes publications: read strictly, resolved, checked against every rule at once, then stored."""
