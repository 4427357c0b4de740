"""What entries cost: one cost a file, measured on reference clips in processes of their own."""
