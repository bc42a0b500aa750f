frame <- read.csv("gone.csv")
