"""Never twice, never lost: faults over real processes, judged by the networks' own lists of posts."""
