"""Documents as readers of PDFs and scanners give them, with the values of their fields noted by hand."""
