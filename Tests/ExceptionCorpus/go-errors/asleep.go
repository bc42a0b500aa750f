package main

import (
	"os"
	"runtime"
	"sync"
)

func wait(rows chan int) { <-rows }

func main() {
	if len(os.Args) > 1 {
		runtime.Goexit()
	}
	rows := make(chan int)
	go wait(rows)
	var group sync.WaitGroup
	group.Add(1)
	group.Wait()
}
