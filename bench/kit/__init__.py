"""What the benchmarks share: building programs, running them on a CPU, contests with a peer."""
