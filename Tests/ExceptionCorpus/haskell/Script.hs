import qualified Data.Map as Map

main :: IO ()
main = print (Map.fromList [(1, "a")] Map.! (2 :: Int))
