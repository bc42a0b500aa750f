local function job() local x = nil; return x.y end
local ok = xpcall(job, function(problem) io.stderr:write(debug.traceback(problem, 1), "\n") end)
io.stderr:write("job failed, going on\n")
print(string.rep)
string.rep()
