local ok, problem = pcall(function() return nil + 1 end)
if not ok then error("wrapped: " .. problem, 0) end
