"""Years of made-up conversations, to look at the product as it is after years of use."""
