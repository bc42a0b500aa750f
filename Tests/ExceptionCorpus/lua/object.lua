error(setmetatable({}, { __tostring = function() return "PaymentError: declined" end }))
