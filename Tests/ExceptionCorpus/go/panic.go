package main

import (
	"errors"
	"fmt"
	"sync"
)

type store struct{ rows []int }

func (s *store) get(index int) int { return s.rows[index] }

func work(wait *sync.WaitGroup, block chan int) {
	defer wait.Done()
	<-block
}

func main() {
	var wait sync.WaitGroup
	block := make(chan int)
	wait.Add(1)
	go work(&wait, block)
	defer func() {
		if reason := recover(); reason != nil {
			panic(fmt.Errorf("while cleaning up: %w", errors.New("disk full")))
		}
	}()
	func() {
		fmt.Println((&store{}).get(3))
	}()
}
