package main

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
)

type rowError struct {
	row int
	err error
}

func (e *rowError) Error() string { return fmt.Sprintf("row %d: %v", e.row, e.err) }

type state struct {
	name string
	rows int
}

type level int

func cleanUp(again bool) {
	if reason := recover(); reason != nil {
		if again {
			panic(reason)
		}
		panic(fmt.Errorf("while cleaning up: %v", reason))
	}
}

func importRows(rows []int) int { return rows[3] }

func repanic(again bool) {
	defer cleanUp(again)
	importRows(nil)
}

func generic[T any](values []T, index int) T { return values[index] }

func depth(level int) int { return depth(level+1) + 1 }

func serve() {
	listener, _ := net.Listen("tcp", "127.0.0.1:0")
	http.HandleFunc("/total", func(answer http.ResponseWriter, request *http.Request) {
		fmt.Fprintln(answer, importRows([]int{1}))
	})
	go http.Serve(listener, nil)
	http.Get("http://" + listener.Addr().String() + "/total")
	fmt.Println("going on")
}

func logged() {
	defer func() {
		if reason := recover(); reason != nil {
			log.Printf("recovered: %v\n%s", reason, debug.Stack())
		}
		slog.Info("going on")
	}()
	importRows(nil)
}

func main() {
	switch os.Args[1] {
	case "again":
		repanic(true)
	case "other":
		repanic(false)
	case "error":
		panic(&rowError{17, errors.New("truncated")})
	case "joined":
		panic(errors.Join(errors.New("first"), errors.New("second")))
	case "struct":
		panic(state{"import", 7})
	case "number":
		panic(level(3))
	case "nil":
		panic(nil)
	case "mutex":
		var lock sync.Mutex
		lock.Unlock()
	case "maps":
		rows := map[int]int{}
		for start := range 2 {
			go func() {
				for {
					rows[start]++
				}
			}()
		}
		time.Sleep(time.Minute)
	case "overflow":
		fmt.Println(depth(0))
	case "memory":
		fmt.Println(len(make([]byte, len(os.Args)<<45)))
	case "address":
		debug.SetPanicOnFault(false)
		fmt.Println(*(*int)(nil))
	case "generic":
		fmt.Println(generic([]string{"a"}, len(os.Args)+3))
	case "goroutine":
		go func() { panic("in a goroutine") }()
		select {}
	case "log":
		log.Panicf("no such row: %d", 7)
	case "fatal":
		log.Fatalf("no such row: %d", 7)
	case "serve":
		serve()
	case "logged":
		logged()
	case "lines":
		panic("three lines:\n\ngoroutine 7 is not one\n" + strings.Repeat("x", 3))
	case "quit":
		syscall.Kill(syscall.Getpid(), syscall.SIGQUIT)
		time.Sleep(time.Minute)
	case "race":
		count := 0
		done := make(chan bool)
		go func() { count++; done <- true }()
		count++
		<-done
		fmt.Println(count)
	}
}
