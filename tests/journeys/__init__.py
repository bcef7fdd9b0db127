"""What people come for, from end to end, on real processes: these tests are the manual."""
