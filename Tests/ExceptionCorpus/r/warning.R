convert <- function(text) as.integer(text)
values <- convert(c("1", "two"))
if (any(is.na(values))) stop("values are not numbers")
