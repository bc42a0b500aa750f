package main

import "sync"

var counter int

func add(wait *sync.WaitGroup) {
	counter++
	wait.Done()
}

func main() {
	var wait sync.WaitGroup
	wait.Add(2)
	go add(&wait)
	go add(&wait)
	wait.Wait()
}
