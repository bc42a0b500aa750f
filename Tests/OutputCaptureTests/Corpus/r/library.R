library(notInstalledHere)
