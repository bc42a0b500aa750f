exception Payment_declined of string * int

let read_config path =
  if String.length path > 0 then failwith ("cannot open " ^ path);
  path

let find key = List.assoc key [ ("a", 1) ] + 1

let pay amount = if amount > 10 then raise (Payment_declined ("card", amount)) else amount

let checked amount = assert (amount > 0); amount

let element index = [| 1; 2; 3 |].(index)

let rec depth n = 1 + depth (n + 1)

let first = function [] -> 0 | x :: _ when x > 0 -> x

[@@@warning "-8"]

let () =
  print_endline "starting";
  match Sys.argv.(1) with
  | "failure" -> print_endline (read_config "/etc/shop.conf" ^ "!")
  | "not-found" -> print_int (find "b" + 1)
  | "custom" -> print_int (pay 12 + 1)
  | "reraised" -> (try print_int (find "c") with Not_found as e -> print_endline "cleaning up"; raise e)
  | "assertion" -> print_int (checked (-1) + 1)
  | "bounds" -> print_int (element (Array.length Sys.argv + 3) + 1)
  | "match" -> print_int (first [ -1 ] + 1)
  | "overflow" -> print_int (depth 0)
  | _ -> exit 2
