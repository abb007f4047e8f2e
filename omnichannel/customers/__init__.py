"""Customers as pages and API that show several rooms together: import, export, merge, block, erase."""
