package main

/*
static int total(const int *rows) { return rows[3]; }
*/
import "C"
import "fmt"

func total() int { return int(C.total(nil)) }

func main() { fmt.Println(total()) }
