"""The formatter: syntax tree → the one layout that `rasp fmt` knows."""
