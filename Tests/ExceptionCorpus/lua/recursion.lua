local function deeper(n) return deeper2(n) + 1 end
function deeper2(n) return deeper(n) + 1 end
function deeper(n) return deeper2(n) + 1 end
deeper(1)
