"""What pages share: who reads and in which words, the frame around a page, and what several of them show."""
