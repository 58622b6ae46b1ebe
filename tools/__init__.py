"""What measures and attacks Munadi as a whole: commands, no part of `make test`. They use the harness of the tests."""
