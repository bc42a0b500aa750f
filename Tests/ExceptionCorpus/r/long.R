a_function_with_a_rather_long_name <- function(first_argument, second_argument) {
  stop("the arguments that were given to this function do not fit together, as the first has ",
       length(first_argument), " elements and the second has ", length(second_argument))
}
a_function_with_a_rather_long_name(first_argument = c(1, 2, 3), second_argument = list(a = 1, b = 2))
