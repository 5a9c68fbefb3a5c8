"""`make bench`: what a page costs, beside a bare page in the same run."""
