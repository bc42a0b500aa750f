f <- function() stop("no input given", call. = FALSE)
f()
