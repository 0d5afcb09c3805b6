"""Calling 叫应: reaching people who do not answer an order, one channel after the other."""
