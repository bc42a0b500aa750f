result <- tryCatch(stop("first"), error = function(e) { message("Error caught: ", conditionMessage(e)); NA })
try(log(-1:"a"), silent = FALSE)
cat("went on\n")
