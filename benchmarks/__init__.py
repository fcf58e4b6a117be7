"""Benchmarks: what Digsite costs, beside what else there is. `README.md` says how to run and how to read them."""
