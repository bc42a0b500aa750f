module Main where

import Control.Concurrent
import Control.Exception
import GHC.Stack
import System.Environment

data PaymentDeclined = PaymentDeclined String Int deriving Show
instance Exception PaymentDeclined

readConfig :: String -> String
readConfig path = error ("cannot open " ++ path)

charge :: HasCallStack => Int -> Int
charge amount
  | amount > 10 = error "amount too large"
  | otherwise = amount

order :: HasCallStack => Int -> Int
order count = charge (count * 12)

first :: [Int] -> Int
first (x : _) = x

name :: Int -> String
name number = case number of
  1 -> "one"
  2 -> "two"

main :: IO ()
main = do
  [verb] <- getArgs
  case verb of
    "error" -> putStrLn (readConfig "/etc/shop.conf")
    "call-stack" -> print (order 3)
    "head" -> print (head ([] :: [Int]))
    "pattern" -> print (first [])
    "case" -> putStrLn (name 3)
    "custom" -> throwIO (PaymentDeclined "card" 12)
    "io" -> readFile "/gone/file" >>= putStrLn
    "user" -> ioError (userError "nothing to import")
    "arithmetic" -> print (1 `div` (length verb - 10))
    "undefined" -> print (undefined :: Int)
    "thread" -> do
      done <- newEmptyMVar
      _ <- forkFinally (evaluate (order 9)) (const (putMVar done ()))
      takeMVar done
      _ <- forkIO (print (order 7))
      threadDelay 100000
    "lines" -> error "first line\nsecond line\n  third line"
    "loop" -> newEmptyMVar >>= takeMVar
    _ -> pure ()
