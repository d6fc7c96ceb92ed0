"""Studies of annealing schedules: their arms, how these are tuned, run and compared."""
